import { create } from "@bufbuild/protobuf";
import { type Chat, ChatSchema } from "../../gen/parlance/chat/v1/chat_pb.js";
import {
  Modality,
  ReasoningEffort,
  ReasoningMode,
  ReasoningSummary,
  SearchContextSize,
  Verbosity,
} from "../../gen/parlance/chat/v1/generation_pb.js";
import { Role } from "../../gen/parlance/chat/v1/message_pb.js";
import { CacheTtl, ImageDetail } from "../../gen/parlance/chat/v1/part_pb.js";
import { ToolChoiceMode } from "../../gen/parlance/chat/v1/tool_pb.js";

/**
 * A chat with everything set that can be set at once, and for each field its path in the contract and what shows that it was
 * sent: a text that is in a body only if the field is. A field without such a text must be in the report.
 */
export function sentinelChat(dialect: string): {
  readonly chat: Chat;
  readonly fields: readonly (readonly [path: string, sentinel: string | undefined])[];
} {
  const cache = { ttl: CacheTtl.CACHE_TTL_1H };
  const chat = create(ChatSchema, {
    model: "asked",
    messages: [
      { role: Role.DEVELOPER, name: "boss", parts: [{ content: { case: "text", value: { text: "TEXT0" } }, cache }] },
      {
        role: Role.USER,
        extrasJson: { [dialect]: '{"EXTRA1":1}' },
        parts: [
          {
            content: {
              case: "image",
              value: {
                source: { case: "data", value: Buffer.from("IMAGE1") },
                mediaType: "image/sentinel",
                detail: ImageDetail.HIGH,
              },
            },
          },
        ],
      },
      {
        role: Role.ASSISTANT,
        parts: [
          { content: { case: "reasoning", value: { text: "THOUGHT2", signature: "SIGNED2", id: "rs2" } } },
          { content: { case: "refusal", value: { text: "REFUSAL2" } } },
          {
            content: {
              case: "toolCall",
              value: {
                id: "CALL2",
                name: "TOOL2",
                signature: "PROOF2",
                input: { case: "argumentsJson", value: '{"ARGUMENT2":1}' },
              },
            },
          },
        ],
      },
      {
        role: Role.TOOL,
        parts: [
          {
            content: {
              case: "toolResult",
              value: {
                toolCallId: "CALL2",
                isError: true,
                content: [{ content: { case: "text", value: { text: "RESULT3" } } }],
              },
            },
          },
        ],
      },
    ],
    tools: [
      {
        tool: {
          case: "function",
          value: { name: "FUNCTION0", description: "DESCRIPTION0", parametersJson: '{"SCHEMA0":1}', strict: true },
        },
        cache,
      },
    ],
    toolChoice: { choice: { case: "mode", value: ToolChoiceMode.AUTO } },
    parallelToolCalls: false,
    responseFormat: {
      format: {
        case: "jsonSchema",
        value: { name: "NAME", description: "FORMAT", schemaJson: '{"ANSWER":1}', strict: true },
      },
    },
    sampling: {
      temperature: 0.111,
      topP: 0.222,
      topK: 333,
      minP: 0.444,
      frequencyPenalty: 0.555,
      presencePenalty: 0.666,
      repetitionPenalty: 1.777,
      seed: 888n,
      stop: ["STOP"],
      logitBias: { "1": 1 },
      logprobs: true,
      topLogprobs: 17,
    },
    maxOutputTokens: 1999,
    reasoning: {
      mode: ReasoningMode.ENABLED,
      effort: ReasoningEffort.HIGH,
      budgetTokens: 1234,
      summary: ReasoningSummary.AUTO,
    },
    modalities: [Modality.AUDIO],
    audioOutput: { voice: "v" },
    prediction: { content: [{ text: "p" }] },
    verbosity: Verbosity.HIGH,
    webSearch: { searchContextSize: SearchContextSize.HIGH },
    serviceTier: "flex",
    store: true,
    user: "u",
    safetyIdentifier: "s",
    promptCacheKey: "k",
    metadata: { a: "b" },
    tags: ["stays"],
    extrasJson: { [dialect]: '{"EXTRA":1}' },
    previousResponseId: "r",
    cache,
  });
  return { chat, fields };
}

const fields: readonly (readonly [path: string, sentinel: string | undefined])[] = [
  ["messages[0].name", undefined],
  ["messages[0].parts[0].text", "TEXT0"],
  ["messages[0].parts[0].cache", undefined],
  ["messages[1].extras_json", "EXTRA1"],
  ["messages[1].parts[0].image", Buffer.from("IMAGE1").toString("base64")],
  ["messages[1].parts[0].image.media_type", "image/sentinel"],
  ["messages[1].parts[0].image.detail", undefined],
  ["messages[2].parts[0].reasoning", "THOUGHT2"],
  ["messages[2].parts[0].reasoning.signature", "SIGNED2"],
  ["messages[2].parts[0].reasoning.id", "rs2"],
  ["messages[2].parts[1].refusal", "REFUSAL2"],
  ["messages[2].parts[2].tool_call.id", "CALL2"],
  ["messages[2].parts[2].tool_call.name", "TOOL2"],
  ["messages[2].parts[2].tool_call.signature", "PROOF2"],
  ["messages[2].parts[2].tool_call.arguments_json", "ARGUMENT2"],
  ["messages[3].parts[0].tool_result.content[0]", "RESULT3"],
  ["messages[3].parts[0].tool_result.is_error", "failed"],
  ["tools[0].function.name", "FUNCTION0"],
  ["tools[0].function.description", "DESCRIPTION0"],
  ["tools[0].function.parameters_json", "SCHEMA0"],
  ["tools[0].function.strict", undefined],
  ["tools[0].cache", undefined],
  ["tool_choice", undefined],
  ["parallel_tool_calls", undefined],
  ["response_format.json_schema.name", "NAME"],
  ["response_format.json_schema.description", "FORMAT"],
  ["response_format.json_schema.schema_json", "ANSWER"],
  ["response_format.json_schema.strict", undefined],
  ["sampling.temperature", "0.111"],
  ["sampling.top_p", "0.222"],
  ["sampling.top_k", "333"],
  ["sampling.min_p", "0.444"],
  ["sampling.frequency_penalty", "0.555"],
  ["sampling.presence_penalty", "0.666"],
  ["sampling.repetition_penalty", "1.777"],
  ["sampling.seed", "888"],
  ["sampling.stop", "STOP"],
  ["sampling.logit_bias", undefined],
  ["sampling.logprobs", '"logprobs":true'],
  ["sampling.top_logprobs", "17"],
  ["max_output_tokens", "1999"],
  ["reasoning.mode", undefined],
  ["reasoning.effort", '"high"'],
  ["reasoning.budget_tokens", "1234"],
  ["reasoning.summary", undefined],
  ["modalities", undefined],
  ["audio_output", undefined],
  ["prediction", undefined],
  ["verbosity", undefined],
  ["web_search", undefined],
  ["service_tier", "flex"],
  ["store", undefined],
  ["user", undefined],
  ["safety_identifier", undefined],
  ["prompt_cache_key", undefined],
  ["metadata", undefined],
  ["extras_json", '"EXTRA"'],
  ["previous_response_id", undefined],
  ["cache", undefined],
];
