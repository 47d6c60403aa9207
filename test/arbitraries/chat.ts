import { create, type MessageInitShape } from "@bufbuild/protobuf";
import fc from "fast-check";
import { type Chat, ChatSchema } from "../../gen/parlance/chat/v1/chat_pb.js";
import { ReasoningEffort } from "../../gen/parlance/chat/v1/generation_pb.js";
import { type MessageSchema, Role } from "../../gen/parlance/chat/v1/message_pb.js";
import { CacheTtl, ImageDetail, type PartSchema } from "../../gen/parlance/chat/v1/part_pb.js";
import {
  ToolChoiceMode,
  type ToolChoiceSchema,
  type ToolSchema,
} from "../../gen/parlance/chat/v1/tool_pb.js";
import { text } from "./completion.ts";

type MessageInit = MessageInitShape<typeof MessageSchema>;
type PartInit = MessageInitShape<typeof PartSchema>;
type ToolInit = MessageInitShape<typeof ToolSchema>;
type ToolChoiceInit = MessageInitShape<typeof ToolChoiceSchema>;

/** Text that is not empty. */
export const words = text.filter((value) => value.trim() !== "");

const bytes = fc.uint8Array({ minLength: 1, maxLength: 12 });
const toolName = fc.constantFrom("get_weather", "search", "run-2");

/** JSON Schemas whose key order, spelling and numbers must survive. */
export const schemaJson = fc.constantFrom(
  '{"type":"object","properties":{"z":{"type":"string"},"a":{"type":"integer","maximum":9007199254740993}}}',
  '{ "type" : "object" }',
  '{"type":"object","properties":{"é":{"const":1.0}},"required":[]}',
);

/** Tool arguments: exact text, possibly not valid JSON. */
export const argumentsJson = fc.constantFrom(
  "{}",
  '{"city":"Zürich","n":12345678901234567890}',
  '{ "a" : 1 }',
  '{"cut":',
);

/** What a caller says: text, pictures, a PDF. */
export const userPart: fc.Arbitrary<PartInit> = fc.oneof(
  {
    weight: 3,
    arbitrary: words.map(
      (value): PartInit => ({ content: { case: "text", value: { text: value } } }),
    ),
  },
  {
    weight: 1,
    arbitrary: fc.constantFrom(ImageDetail.UNSPECIFIED, ImageDetail.LOW, ImageDetail.HIGH).map(
      (detail): PartInit => ({
        content: {
          case: "image",
          value: { source: { case: "url", value: "https://a.example/b.png" }, detail },
        },
      }),
    ),
  },
  {
    weight: 1,
    arbitrary: bytes.map(
      (value): PartInit => ({
        content: {
          case: "image",
          value: { source: { case: "data", value }, mediaType: "image/png" },
        },
      }),
    ),
  },
  {
    weight: 1,
    arbitrary: bytes.map(
      (value): PartInit => ({
        content: {
          case: "document",
          value: {
            source: { case: "data", value },
            mediaType: "application/pdf",
            title: "report.pdf",
          },
        },
      }),
    ),
  },
);

/** One user turn without tool results. */
export const userMessage: fc.Arbitrary<MessageInit> = fc
  .array(userPart, { minLength: 1, maxLength: 3 })
  .map((parts) => ({ role: Role.USER, parts }));

/** An assistant turn with text, and the message before the next one. */
export const plainTurn: fc.Arbitrary<readonly MessageInit[]> = words.map((value) => [
  { role: Role.ASSISTANT, parts: [{ content: { case: "text", value: { text: value } } }] },
]);

/** An assistant turn that asks for tools, and a tool message for each call. */
export const toolTurn: fc.Arbitrary<readonly MessageInit[]> = fc
  .tuple(
    fc.option(words, { nil: undefined }),
    fc.array(fc.record({ name: toolName, args: argumentsJson, result: words }), {
      minLength: 1,
      maxLength: 3,
    }),
    fc.nat(999),
  )
  .map(([said, calls, serial]) => [
    {
      role: Role.ASSISTANT,
      parts: [
        ...(said === undefined
          ? []
          : [{ content: { case: "text", value: { text: said } } } as const]),
        ...calls.map(
          ({ name, args }, at): PartInit => ({
            content: {
              case: "toolCall",
              value: {
                id: `call_${serial}_${at}`,
                name,
                input: { case: "argumentsJson", value: args },
              },
            },
          }),
        ),
      ],
    },
    ...calls.map(
      ({ result }, at): MessageInit => ({
        role: Role.TOOL,
        parts: [
          {
            content: {
              case: "toolResult",
              value: {
                toolCallId: `call_${serial}_${at}`,
                content: [{ content: { case: "text", value: { text: result } } }],
              },
            },
          },
        ],
      }),
    ),
  ]);

/** A conversation: instructions or none, then turns that end with the user. */
export const messages: fc.Arbitrary<MessageInit[]> = fc
  .tuple(
    fc.option(words, { nil: undefined }),
    fc.array(fc.tuple(userMessage, fc.oneof(plainTurn, toolTurn)), { maxLength: 3 }),
    userMessage,
  )
  .map(([system, turns, last]) => [
    ...(system === undefined
      ? []
      : [
          {
            role: Role.SYSTEM,
            parts: [{ content: { case: "text", value: { text: system } } }],
          } satisfies MessageInit,
        ]),
    ...turns.flatMap(([user, turn]) => [user, ...turn]),
    last,
  ]);

/** A function tool. */
export const functionTool: fc.Arbitrary<ToolInit> = fc
  .record({ name: toolName, description: text, parametersJson: schemaJson })
  .chain((value) =>
    fc.constantFrom(undefined, true, false).map(
      (strict): ToolInit => ({
        tool: { case: "function", value: strict === undefined ? value : { ...value, strict } },
      }),
    ),
  );

/** Every rule for tools that more than one vendor has. */
export const toolChoice: fc.Arbitrary<ToolChoiceInit> = fc.constantFrom<ToolChoiceInit>(
  { choice: { case: "mode", value: ToolChoiceMode.AUTO } },
  { choice: { case: "mode", value: ToolChoiceMode.NONE } },
  { choice: { case: "mode", value: ToolChoiceMode.REQUIRED } },
  { choice: { case: "name", value: "search" } },
);

/** Cache hints that a vendor with explicit marks knows. */
export const cacheHint = fc.constantFrom(
  {},
  { ttl: CacheTtl.CACHE_TTL_5M },
  { ttl: CacheTtl.CACHE_TTL_1H },
);

/** Knobs that most vendors have. */
export const knobs = fc.record(
  {
    sampling: fc.record(
      {
        temperature: fc.double({ min: 0, max: 1, noNaN: true }).map((value) => value + 0),
        topP: fc.double({ min: 0, max: 1, noNaN: true }).map((value) => value + 0),
        stop: fc.uniqueArray(words, { maxLength: 3 }),
      },
      { requiredKeys: [], noNullPrototype: true },
    ),
    maxOutputTokens: fc.integer({ min: 1, max: 100000 }),
    reasoning: fc.record({
      effort: fc.constantFrom(ReasoningEffort.LOW, ReasoningEffort.MEDIUM, ReasoningEffort.HIGH),
    }),
    user: fc.constantFrom("u-1", "é"),
  },
  { requiredKeys: [], noNullPrototype: true },
);

/**
 * A chat of the nouns that most vendors share. Tool names repeat; ids of calls do not repeat within
 * a turn.
 */
export const chat: fc.Arbitrary<Chat> = fc
  .record({
    messages,
    tools: fc.uniqueArray(functionTool, {
      maxLength: 3,
      selector: (tool) => (tool.tool?.case === "function" ? tool.tool.value.name : ""),
    }),
    choice: fc.option(toolChoice, { nil: undefined }),
    parallel: fc.option(fc.boolean(), { nil: undefined }),
    knobs,
  })
  .map(({ messages: turns, tools, choice, parallel, knobs: options }) =>
    create(ChatSchema, {
      model: "provider/model",
      messages: turns,
      tools,
      ...(choice === undefined || tools.length === 0 ? {} : { toolChoice: choice }),
      ...(parallel === undefined || tools.length === 0 ? {} : { parallelToolCalls: parallel }),
      ...options,
    }),
  );
