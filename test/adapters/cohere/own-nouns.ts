import { create, type MessageInitShape } from "@bufbuild/protobuf";
import fc from "fast-check";
import { type Chat, ChatSchema } from "../../../gen/parlance/chat/v1/chat_pb.js";
import type { CitationSchema } from "../../../gen/parlance/chat/v1/citation_pb.js";
import {
  type ChoiceSchema,
  type Completion,
  CompletionSchema,
  FinishReason,
} from "../../../gen/parlance/chat/v1/completion_pb.js";
import { ReasoningMode } from "../../../gen/parlance/chat/v1/generation_pb.js";
import { type MessageSchema, Role } from "../../../gen/parlance/chat/v1/message_pb.js";
import { ImageDetail, type PartSchema } from "../../../gen/parlance/chat/v1/part_pb.js";
import { ToolChoiceMode } from "../../../gen/parlance/chat/v1/tool_pb.js";
import { schemaJson, words } from "../../arbitraries/chat.ts";

type PartInit = MessageInitShape<typeof PartSchema>;
type MessageInit = MessageInitShape<typeof MessageSchema>;
type CitationInit = MessageInitShape<typeof CitationSchema>;

const DIALECT = "cohere";
const bytes = fc.uint8Array({ minLength: 1, maxLength: 9 });
const argumentsJson = fc.constantFrom(
  "{}",
  '{"city":"Zürich","n":12345678901234567890}',
  '{"cut":',
);

const said: fc.Arbitrary<PartInit> = words.map((text) => ({
  content: { case: "text", value: { text } },
}));
const thought: fc.Arbitrary<PartInit> = words.map((text) => ({
  content: { case: "reasoning", value: { text } },
}));
const plan: fc.Arbitrary<PartInit> = words.map((text) => ({
  content: { case: "reasoning", value: { text, id: "tool_plan", dialect: DIALECT } },
}));

const citation: fc.Arbitrary<CitationInit> = fc
  .record({ title: fc.constantFrom("", "T"), citedText: fc.constantFrom("", "w") })
  .chain((shared) =>
    fc.constantFrom<CitationInit>(
      {
        ...shared,
        source: { case: "web", value: { url: "https://a.example" } },
        answer: { start: 0, end: 1 },
      },
      {
        ...shared,
        source: { case: "document", value: { index: 3 } },
        answer: { start: 0, end: 1 },
      },
      {
        citedText: "c",
        source: {
          case: "opaque",
          value: {
            dialect: DIALECT,
            json: '{"start":0,"end":1,"sources":[{"type":"tool","id":"t:0","tool_output":{"content":"c", "n":1.0}}]}',
          },
        },
        answer: { start: 0, end: 1 },
      },
    ),
  );

const cited: fc.Arbitrary<PartInit> = fc
  .tuple(words, fc.array(citation, { maxLength: 2 }))
  .map(([text, citations]) => ({ content: { case: "text", value: { text, citations } } }));

const calls: fc.Arbitrary<PartInit[]> = fc
  .array(fc.record({ name: fc.constantFrom("f", "g"), value: argumentsJson }), { maxLength: 3 })
  .map((list) =>
    list.map(({ name, value }, at) => ({
      content: {
        case: "toolCall",
        value: { id: `call_${at}`, name, input: { case: "argumentsJson", value } },
      },
    })),
  );

/** The parts of an answer in the vendor's order: thoughts, a text, the plan, calls. */
const answer: fc.Arbitrary<PartInit[]> = fc
  .tuple(
    fc.array(thought, { maxLength: 2 }),
    fc.array(cited, { maxLength: 1 }),
    fc.array(plan, { maxLength: 1 }),
    calls,
  )
  .map((lists) => lists.flat())
  .filter((parts) => parts.length > 0);

const picture: fc.Arbitrary<PartInit> = fc.oneof(
  fc.constantFrom(ImageDetail.UNSPECIFIED, ImageDetail.LOW, ImageDetail.HIGH).map(
    (detail): PartInit => ({
      content: {
        case: "image",
        value: { source: { case: "url", value: "https://a.example/b.png" }, detail },
      },
    }),
  ),
  bytes.map(
    (value): PartInit => ({
      content: {
        case: "image",
        value: { source: { case: "data", value }, mediaType: "image/png" },
      },
    }),
  ),
);

const user: fc.Arbitrary<MessageInit> = fc
  .array(fc.oneof(said, picture), { minLength: 1, maxLength: 3 })
  .map((parts) => ({ role: Role.USER, parts }));

const result: fc.Arbitrary<MessageInit> = words.map((text) => ({
  role: Role.TOOL,
  parts: [
    {
      content: {
        case: "toolResult",
        value: { toolCallId: "call_0", content: [{ content: { case: "text", value: { text } } }] },
      },
    },
  ],
}));

const turn = fc.oneof(
  user,
  result,
  answer.map((parts): MessageInit => ({ role: Role.ASSISTANT, parts })),
  said.map((part): MessageInit => ({ role: Role.SYSTEM, parts: [part] })),
);

const knobs = fc.record(
  {
    sampling: fc.record(
      {
        temperature: fc.double({ min: 0, max: 2, noNaN: true }).map((value) => value + 0),
        topP: fc.constantFrom(0.01, 0.5, 0.99),
        topK: fc.nat(500),
        frequencyPenalty: fc.constantFrom(0, 0.5, 1),
        presencePenalty: fc.constantFrom(0, 1),
        seed: fc.constantFrom(0n, 42n),
        logprobs: fc.boolean(),
        stop: fc.array(words, { minLength: 1, maxLength: 5 }),
      },
      { requiredKeys: ["temperature"], noNullPrototype: true },
    ),
    maxOutputTokens: fc.integer({ min: 1, max: 100000 }),
    reasoning: fc.constantFrom(
      { mode: ReasoningMode.DISABLED },
      { mode: ReasoningMode.ENABLED },
      { mode: ReasoningMode.ENABLED, budgetTokens: 2048 },
    ),
    responseFormat: fc.oneof(
      fc.constantFrom(
        { format: { case: "text", value: {} } } as const,
        { format: { case: "jsonObject", value: {} } } as const,
      ),
      schemaJson.map(
        (text) => ({ format: { case: "jsonSchema", value: { schemaJson: text } } }) as const,
      ),
    ),
    extrasJson: fc.constantFrom({}, { [DIALECT]: '{"safety_mode":"STRICT","priority":1.0}' }),
  },
  { requiredKeys: [], noNullPrototype: true },
);

/** A chat of what this dialect can say without a loss. */
export const ownChat: fc.Arbitrary<Chat> = fc
  .record({
    messages: fc.array(turn, { minLength: 1, maxLength: 5 }),
    tools: fc.array(
      fc.record({
        name: fc.constantFrom("f", "g"),
        description: fc.constantFrom("", "d"),
        schemaJson,
      }),
      {
        maxLength: 2,
      },
    ),
    choice: fc.constantFrom(undefined, ToolChoiceMode.REQUIRED, ToolChoiceMode.NONE),
    knobs,
  })
  .map(({ messages, tools, choice, knobs: options }) =>
    create(ChatSchema, {
      model: "m",
      messages,
      // The vendor takes no form of the answer beside tools.
      tools: (options.responseFormat === undefined ? tools : []).map(
        ({ name, description, schemaJson: parametersJson }) => ({
          tool: { case: "function", value: { name, description, parametersJson } } as const,
        }),
      ),
      ...(choice === undefined || tools.length === 0 || options.responseFormat !== undefined
        ? {}
        : { toolChoice: { choice: { case: "mode", value: choice } as const } }),
      ...options,
    }),
  );

const TOOL_CALL = [FinishReason.TOOL_CALLS, "TOOL_CALL"] as const;

const reasons: readonly (readonly [FinishReason, string])[] = [
  [FinishReason.STOP, "COMPLETE"],
  [FinishReason.STOP_SEQUENCE, "STOP_SEQUENCE"],
  [FinishReason.LENGTH, "MAX_TOKENS"],
  [FinishReason.TOOL_CALLS, "TOOL_CALL"],
];

const usage = fc
  .record({ inputTokens: fc.nat(999), outputTokens: fc.nat(999), reasoningTokens: fc.nat(99) })
  .map((counts) => ({
    inputTokens: BigInt(counts.inputTokens),
    outputTokens: BigInt(counts.outputTokens),
    reasoningTokens: BigInt(counts.reasoningTokens),
    cacheReadTokens: 0n,
    toolUses: { search_units: 1n },
    extrasJson: { [DIALECT]: '{"billed_units":{"input_tokens":1,"search_units":1}}' },
  }));

/** An answer of what this dialect can say without a loss. */
export const ownCompletion: fc.Arbitrary<Completion> = fc
  .record({
    parts: answer,
    finish: fc.constantFrom(...reasons),
    usage,
    logprobs: fc.constantFrom(undefined, { token: "é", logprob: -0.5 }),
  })
  .map(({ parts, finish, usage: used, logprobs }) => {
    // Calls end as such, whatever well ended answer their vendor speaks of.
    const calls = parts.some(({ content }) => content?.case === "toolCall");
    const [finishReason, vendorFinishReason] =
      calls && finish[0] === FinishReason.STOP ? TOOL_CALL : finish;
    const message: MessageInit = { role: Role.ASSISTANT, parts };
    const choice: MessageInitShape<typeof ChoiceSchema> = {
      message,
      finishReason,
      vendorFinishReason,
    };
    if (logprobs !== undefined) choice.logprobs = { content: [logprobs] };
    return create(CompletionSchema, { id: "id-1", choices: [choice], usage: used });
  });
