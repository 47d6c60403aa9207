import { clone, create, type MessageInitShape } from "@bufbuild/protobuf";
import fc from "fast-check";
import { type Chat, ChatSchema } from "../../../gen/parlance/chat/v1/chat_pb.js";
import {
  type Completion,
  CompletionSchema,
  FinishReason,
} from "../../../gen/parlance/chat/v1/completion_pb.js";
import {
  Modality,
  type SamplingSchema,
  SearchContextSize,
  Verbosity,
} from "../../../gen/parlance/chat/v1/generation_pb.js";
import { Role } from "../../../gen/parlance/chat/v1/message_pb.js";
import type { PartSchema } from "../../../gen/parlance/chat/v1/part_pb.js";
import {
  ToolChoiceMode,
  type ToolChoiceSchema,
  type ToolSchema,
} from "../../../gen/parlance/chat/v1/tool_pb.js";
import { type Usage, UsageSchema } from "../../../gen/parlance/chat/v1/usage_pb.js";
import { argumentsJson, chat, words } from "../../arbitraries/chat.ts";

type PartInit = MessageInitShape<typeof PartSchema>;
type ToolInit = MessageInitShape<typeof ToolSchema>;

const bytes = fc.uint8Array({ minLength: 1, maxLength: 9 });
const maybe = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined });

/** Reasoning that only words tell of: one part. */
const plainReasoning = words.map((text): PartInit[] => [
  { content: { case: "reasoning", value: { text } } },
]);

const signed = words.map((text) => ({ text, signature: "c2ln", dialect: "anthropic-messages" }));
const redacted = fc.constant({ encrypted: "cmVk", dialect: "anthropic-messages" });

/** Reasoning that `thinking_blocks` carry: signed and redacted blocks in any order. */
const blockReasoning = fc
  .array(fc.oneof(signed, redacted), { minLength: 1, maxLength: 3 })
  .map((list) => list.map((value): PartInit => ({ content: { case: "reasoning", value } })));

/** Reasoning that needs `reasoning_details`. */
const detailReasoning = fc
  .array(
    fc.oneof(
      words.map((text) => ({ text, signature: "c2ln", dialect: "gemini" })),
      fc.constant({ encrypted: "ZW5j", id: "rs_1", dialect: "openai-responses" }),
    ),
    { minLength: 1, maxLength: 3 },
  )
  .map((list) => list.map((value): PartInit => ({ content: { case: "reasoning", value } })));

const citation = fc
  .record({ title: words, citedText: fc.constantFrom("", "words") })
  .map((value) => ({
    ...value,
    source: { case: "web", value: { url: "https://a.example" } } as const,
    answer: { start: 0, end: 1 },
  }));

const calls = fc
  .array(
    fc.record({ name: fc.constantFrom("f", "g"), input: argumentsJson, custom: fc.boolean() }),
    { maxLength: 3 },
  )
  .map((list) =>
    list.map(
      ({ name, input, custom }, at): PartInit => ({
        content: {
          case: "toolCall",
          value: {
            id: `call_${at}`,
            name,
            input: custom
              ? { case: "text", value: input }
              : { case: "argumentsJson", value: input },
            signature: at === 0 ? "c2ln" : "",
          },
        },
      }),
    ),
  );

/** The parts of an answer in the order in which the dialect tells them. */
const answerParts = fc
  .tuple(
    maybe(fc.oneof(plainReasoning, blockReasoning, detailReasoning)),
    maybe(fc.record({ text: words, citations: fc.array(citation, { maxLength: 2 }) })),
    maybe(words),
    maybe(bytes),
    maybe(bytes),
    calls,
  )
  .map(([reasoning, text, refusal, sound, image, toolCalls]): PartInit[] => [
    ...(reasoning ?? []),
    ...(text === undefined ? [] : [{ content: { case: "text", value: text } } satisfies PartInit]),
    ...(refusal === undefined
      ? []
      : [{ content: { case: "refusal", value: { text: refusal } } } satisfies PartInit]),
    ...(sound === undefined
      ? []
      : [
          {
            content: {
              case: "audio",
              value: {
                source: { case: "data", value: sound },
                answerId: "audio_1",
                // No text says the same, for a stream says words once.
                transcript: "spoken words",
                expiresAtUnixS: 1700000000n,
              },
            },
          } satisfies PartInit,
        ]),
    ...(image === undefined
      ? []
      : [
          {
            content: {
              case: "image",
              value: { source: { case: "data", value: image }, mediaType: "image/png" },
            },
          } satisfies PartInit,
        ]),
    ...toolCalls,
  ]);

/** Usage whose sums hold, as OpenAI counts. */
export const ownUsage: fc.Arbitrary<Usage> = fc
  .record({
    fresh: fc.nat(999),
    read: fc.nat(999),
    written: fc.nat(999),
    said: fc.nat(999),
    thought: fc.nat(999),
  })
  .map(({ fresh, read, written, said, thought }) => {
    const input = BigInt(fresh + read + written);
    const output = BigInt(said + thought);
    return create(UsageSchema, {
      inputTokens: input,
      cacheReadTokens: BigInt(read),
      cacheWriteTokens: BigInt(written),
      outputTokens: output,
      reasoningTokens: BigInt(thought),
      totalTokens: input + output,
      inputAudioTokens: 3n,
      acceptedPredictionTokens: 1n,
      extrasJson: { "openai-chat": '{"cost":0.5}' },
    });
  });

const token = fc
  .record({ token: words, logprob: fc.constantFrom(-0.5, -9999, -1e-7), bytes: maybe(bytes) })
  .map((it) => ({
    token: it.token,
    logprob: it.logprob,
    ...(it.bytes === undefined ? {} : { rawBytes: it.bytes }),
    top: [{ token: it.token, logprob: it.logprob }],
  }));

const finishes = fc.constantFrom(
  [FinishReason.STOP, "stop"] as const,
  [FinishReason.LENGTH, "length"] as const,
  [FinishReason.TOOL_CALLS, "tool_calls"] as const,
  [FinishReason.CONTENT_FILTER, "content_filter"] as const,
);

const choice = fc.record({
  parts: answerParts,
  finish: finishes,
  stopSequence: fc.constantFrom("", "END"),
  logprobs: maybe(fc.array(token, { minLength: 1, maxLength: 3 })),
});

/** Answers that OpenAI's dialect says in full, in the order in which it says them. */
export const ownCompletion: fc.Arbitrary<Completion> = fc
  .record({
    id: words,
    model: words,
    choices: fc.array(choice, { minLength: 1, maxLength: 3 }),
    usage: maybe(ownUsage),
    systemFingerprint: fc.constantFrom("", "fp_1"),
    serviceTier: fc.constantFrom("", "flex"),
    extras: fc.constantFrom({}, { "openai-chat": '{"provider":"x","x_id":{"b":1,"a":2}}' }),
  })
  .map(({ choices, usage, extras, ...rest }) =>
    create(CompletionSchema, {
      ...rest,
      createdUnixS: 1700000000n,
      ...(usage === undefined ? {} : { usage }),
      extrasJson: extras,
      choices: choices.map(({ parts, finish, stopSequence, logprobs }, index) => ({
        index,
        message: { role: Role.ASSISTANT, parts },
        finishReason: finish[0],
        vendorFinishReason: finish[1],
        stopSequence,
        ...(logprobs === undefined ? {} : { logprobs: { content: logprobs } }),
      })),
    }),
  );

const ownTool: fc.Arbitrary<ToolInit> = fc.constantFrom<ToolInit>(
  { tool: { case: "custom", value: { name: "shell", formatJson: '{"type": "text"}' } } },
  {
    tool: {
      case: "builtin",
      value: { dialect: "openai-chat", json: '{"type":"web_search", "n":12345678901234567890}' },
    },
  },
  {
    tool: {
      case: "function",
      value: { name: "own", extrasJson: { "openai-chat": '{"x":1,"function":{"y":[2]}}' } },
    },
  },
);

/** Chats with what only this dialect has, beside what all have. */
export const ownChat: fc.Arbitrary<Chat> = fc
  .tuple(
    chat,
    fc.uniqueArray(ownTool, { maxLength: 3 }),
    answerParts,
    fc.record(
      {
        n: fc.integer({ min: 1, max: 128 }),
        modalities: fc.constantFrom<Modality[]>([Modality.TEXT], [Modality.TEXT, Modality.AUDIO]),
        audioOutput: fc.constant({ voice: "alloy", format: "wav" }),
        prediction: fc
          .array(words, { minLength: 1, maxLength: 2 })
          .map((list) => ({ content: list.map((text) => ({ text })) })),
        verbosity: fc.constantFrom(Verbosity.LOW, Verbosity.HIGH),
        webSearch: fc.constant({
          searchContextSize: SearchContextSize.HIGH,
          userLocation: { city: "Bern", country: "CH" },
        }),
        serviceTier: fc.constant("flex"),
        store: fc.boolean(),
        safetyIdentifier: words,
        promptCacheKey: words,
        metadata: fc.constant({ a: "1", b: "é" }),
        extrasJson: fc.constant({
          "openai-chat": '{"future":{"z" : 1, "a":12345678901234567890}}',
        }),
        toolChoice: fc.constant<MessageInitShape<typeof ToolChoiceSchema>>({
          choice: {
            case: "allowed",
            value: { mode: ToolChoiceMode.REQUIRED, names: ["own", "shell"] },
          },
        }),
        sampling: fc.constant<MessageInitShape<typeof SamplingSchema>>({
          topK: 5,
          minP: 0.5,
          repetitionPenalty: 1.5,
          frequencyPenalty: -1,
          presencePenalty: 1,
          seed: 9223372036854775807n,
          logitBias: { "50256": -100 },
          logprobs: true,
          topLogprobs: 3,
          stop: ["END"],
        }),
      },
      { requiredKeys: [], noNullPrototype: true },
    ),
  )
  .map(([shared, tools, parts, knobs]) => {
    const own = create(ChatSchema, {
      ...knobs,
      tools,
      messages: [{ role: Role.ASSISTANT, name: "bot", parts: parts.filter(canReturn) }],
    });
    const set = Object.entries(own).filter(([key]) => key in knobs);
    const made: Chat = { ...clone(ChatSchema, shared), ...Object.fromEntries(set) };
    made.tools.push(...own.tools);
    if (made.tools.length === 0) delete made.toolChoice;
    const [answer] = own.messages;
    if (answer !== undefined && answer.parts.length > 0) made.messages.splice(-1, 0, answer);
    return made;
  });

/** Sound and pictures of an answer do not travel back as they came; citations not at all. */
function canReturn({ content }: PartInit): boolean {
  if (content?.case === "text") return (content.value.citations ?? []).length === 0;
  return content?.case !== "audio" && content?.case !== "image";
}
