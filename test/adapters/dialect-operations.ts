import type { Message } from "@bufbuild/protobuf";
import type { Chat } from "../../gen/parlance/chat/v1/chat_pb.js";
import type { EmbedSpec } from "../../gen/parlance/embed/v1/embedding_pb.js";
import type { ModerationSpec } from "../../gen/parlance/moderation/v1/moderation_pb.js";
import type { RerankSpec } from "../../gen/parlance/rerank/v1/ranking_pb.js";
import type { Decoded, Dialect, Encoded } from "../../src/core/dialect.ts";
import type { Fidelity } from "../../src/core/fidelity/fidelity.ts";
import type { Quirks } from "../../src/core/quirks.ts";
import { chatSettings } from "./chat-settings.ts";
import { embedSettings, moderateSettings, rerankSettings } from "./spec-settings.ts";

/** One operation of a dialect. */
export interface Operation {
  readonly title: string;
  readonly fidelity: Fidelity | undefined;
  readonly settings: (path: string) => readonly Message[];
  readonly encode: (request: Message) => Decoded<Encoded>;
}

/** A model, and where its vendor deviates. */
export interface Target {
  /** What stands in titles; "": nothing is known of it. */
  readonly name: string;
  readonly model: string;
  readonly quirks: Quirks;
}

/** A model of which nothing is known, at a vendor that deviates nowhere. */
export const unknownTarget: Target = { name: "", model: "some-model", quirks: {} };

/**
 * What decides what can be sent: models by name, or quirks of a vendor. All are tried beside a
 * model of which nothing is known.
 */
export const targets: Readonly<Record<string, readonly Target[]>> = {
  "bedrock-converse": [
    "anthropic.claude-3-5-sonnet-20240620-v1:0",
    "anthropic.claude-sonnet-4-5-20250929-v1:0",
    "anthropic.claude-opus-4-8",
    "amazon.nova-2-lite-v1:0",
    "openai.gpt-oss-120b-1:0",
    "mistral.mistral-large-2402-v1:0",
    "amazon.titan-embed-text-v1",
    "amazon.titan-embed-text-v2:0",
    "amazon.titan-embed-image-v1",
    "amazon.nova-2-multimodal-embeddings-v1:0",
    "cohere.embed-english-v3",
    "cohere.embed-v4:0",
  ].map((model) => ({ name: ` of ${model}`, model, quirks: {} })),
  cohere: [
    {
      name: " where models know no knobs",
      model: "some-model",
      quirks: { thinking: false, strictTools: false },
    },
  ],
  "openai-chat": [
    {
      name: " where the vendor takes more",
      model: "some-model",
      quirks: {
        developerRole: true,
        reasoningDetails: true,
        thoughtSignatures: true,
        embedShape: "voyage",
      },
    },
    {
      name: " where the vendor takes less",
      model: "some-model",
      quirks: {
        maxTokensField: "max_completion_tokens",
        reasoningField: "none",
        jsonSchema: false,
        seedField: "random_seed",
        parallelToolCalls: false,
        extendedSampling: false,
        toolIds: "nine",
        embedShape: "jina",
        unsupported: [
          "audio",
          "frequency_penalty",
          "logit_bias",
          "logprobs",
          "max_completion_tokens",
          "metadata",
          "modalities",
          "n",
          "prediction",
          "presence_penalty",
          "prompt_cache_key",
          "random_seed",
          "reasoning_effort",
          "response_format",
          "safety_identifier",
          "service_tier",
          "stop",
          "store",
          "temperature",
          "tool_choice",
          "tools",
          "top_logprobs",
          "top_p",
          "user",
          "verbosity",
          "web_search_options",
        ],
      },
    },
  ],
  "bedrock-rerank": [
    {
      name: " of an ARN",
      model: "arn:aws:bedrock:us-east-1::foundation-model/cohere.rerank-v3-5:0",
      quirks: {},
    },
  ],
};

/** The operations of a dialect, with a model. */
export function operationsOf(key: string, dialect: Dialect, target: Target): readonly Operation[] {
  const { fidelity } = dialect;
  const { chat, embed, rerank, moderate } = dialect.codecs;
  const { model, quirks } = target;
  const options = { model, quirks, stream: false };
  const name = `${key}${target.name}`;
  return [
    ...(chat === undefined
      ? []
      : [
          {
            title: `chats in ${name}`,
            fidelity: fidelity.chat,
            settings: chatSettings,
            encode: (request: Message) => chat.encodeRequest(request as Chat, options),
          },
        ]),
    ...(embed === undefined
      ? []
      : [
          {
            title: `embeddings in ${name}`,
            fidelity: fidelity.embed,
            settings: embedSettings,
            encode: (request: Message) => embed.encodeRequest(request as EmbedSpec, options),
          },
        ]),
    ...(rerank === undefined
      ? []
      : [
          {
            title: `rankings in ${name}`,
            fidelity: fidelity.rerank,
            settings: rerankSettings,
            encode: (request: Message) => rerank.encodeRequest(request as RerankSpec, options),
          },
        ]),
    ...(moderate === undefined
      ? []
      : [
          {
            title: `moderations in ${name}`,
            fidelity: fidelity.moderate,
            settings: moderateSettings,
            encode: (request: Message) =>
              moderate.encodeRequest(request as ModerationSpec, options),
          },
        ]),
  ];
}
