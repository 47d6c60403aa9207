import { create, type MessageInitShape } from "@bufbuild/protobuf";
import fc from "fast-check";
import { type Chat, ChatSchema } from "../../../gen/parlance/chat/v1/chat_pb.js";
import type { CitationSchema } from "../../../gen/parlance/chat/v1/citation_pb.js";
import {
  type Completion,
  CompletionSchema,
  FinishReason,
} from "../../../gen/parlance/chat/v1/completion_pb.js";
import {
  ReasoningEffort,
  ReasoningMode,
  ReasoningSummary,
  type SamplingSchema,
} from "../../../gen/parlance/chat/v1/generation_pb.js";
import { type MessageSchema, Role } from "../../../gen/parlance/chat/v1/message_pb.js";
import { CacheHintSchema, PartSchema } from "../../../gen/parlance/chat/v1/part_pb.js";
import { ToolSchema } from "../../../gen/parlance/chat/v1/tool_pb.js";
import { cacheHint, schemaJson, toolChoice, words } from "../../arbitraries/chat.ts";

type PartInit = MessageInitShape<typeof PartSchema>;
type MessageInit = MessageInitShape<typeof MessageSchema>;
type CitationInit = MessageInitShape<typeof CitationSchema>;

const DIALECT = "anthropic-messages";
const bytes = fc.uint8Array({ minLength: 1, maxLength: 9 });
const serial = fc.nat(9999);

/** Arguments that are an object: what is not is carried by other means. */
const objectJson = fc.constantFrom(
  "{}",
  '{"city":"Zürich","n":12345678901234567890}',
  '{ "a" : [1.0, "\\u00e9"] }',
);

const citation: fc.Arbitrary<CitationInit> = fc
  .record({ citedText: words, title: fc.constantFrom("", "T"), at: fc.nat(99) })
  .chain(({ citedText, title, at }) => {
    const range = { start: at, end: at + 1 };
    const document = { case: "document", value: { index: at, fileId: "" } } as const;
    return fc.constantFrom<CitationInit>(
      { citedText, title, source: document, location: { case: "characters", value: range } },
      { citedText, title, source: document, location: { case: "pages", value: range } },
      { citedText, title, source: document, location: { case: "blocks", value: range } },
      {
        citedText,
        title,
        source: { case: "searchResult", value: { index: at, source: "s" } },
        location: { case: "blocks", value: range },
      },
      {
        citedText,
        title,
        source: { case: "web", value: { url: "https://a.example", encryptedIndex: "E=" } },
      },
      {
        source: {
          case: "opaque",
          value: { dialect: DIALECT, json: '{"type":"new_location","n":1.0}' },
        },
      },
    );
  });

const citedText: fc.Arbitrary<PartInit> = fc
  .tuple(words, fc.array(citation, { maxLength: 2 }))
  .map(([text, citations]) => ({ content: { case: "text", value: { text, citations } } }));

const reasoning: fc.Arbitrary<PartInit> = fc.oneof(
  fc.tuple(fc.oneof(words, fc.constant("")), words).map(
    ([text, signature]): PartInit => ({
      content: { case: "reasoning", value: { text, signature, dialect: DIALECT } },
    }),
  ),
  words.map(
    (encrypted): PartInit => ({
      content: { case: "reasoning", value: { encrypted, dialect: DIALECT } },
    }),
  ),
);

const opaque: fc.Arbitrary<PartInit> = fc
  .constantFrom(
    '{"type":"server_tool_use","id":"srv_1","name":"web_search","input":{"q":1.0}}',
    '{"type":"search_result","source":"s","title":"t","content":[{"type":"text","text":"x"}]}',
    '{"type":"block_of_tomorrow","n":12345678901234567890}',
  )
  .map((json) => ({ content: { case: "opaque", value: { dialect: DIALECT, json } } }));

const media: fc.Arbitrary<PartInit> = fc.oneof(
  bytes.map(
    (value): PartInit => ({
      content: {
        case: "image",
        value: { source: { case: "data", value }, mediaType: "image/png" },
      },
    }),
  ),
  fc.constantFrom<PartInit>(
    {
      content: {
        case: "image",
        value: { source: { case: "url", value: "https://a.example/b.png" } },
      },
    },
    { content: { case: "image", value: { source: { case: "fileId", value: "file_1" } } } },
    {
      content: {
        case: "document",
        value: { source: { case: "url", value: "https://a.example/b.pdf" } },
      },
    },
    {
      content: {
        case: "document",
        value: { source: { case: "fileId", value: "file_1" }, citationsEnabled: false },
      },
    },
  ),
  fc.tuple(words, words).map(
    ([value, context]): PartInit => ({
      content: {
        case: "document",
        value: {
          source: { case: "text", value },
          mediaType: "text/plain",
          title: "T",
          context,
          citationsEnabled: true,
        },
      },
    }),
  ),
  fc.array(citedText, { minLength: 1, maxLength: 2 }).map(
    (parts): PartInit => ({
      content: { case: "document", value: { source: { case: "content", value: { parts } } } },
    }),
  ),
);

/** Some parts carry a cache mark, with and without a ttl. Thinking and opaque parts cannot. */
function marked(part: fc.Arbitrary<PartInit>): fc.Arbitrary<PartInit> {
  return fc.tuple(part, fc.option(cacheHint, { nil: undefined, freq: 4 })).map(([init, cache]) => {
    const made = create(PartSchema, init);
    return cache === undefined ? made : { ...made, cache: create(CacheHintSchema, cache) };
  });
}

const userParts = fc.array(fc.oneof(marked(citedText), marked(media), opaque), {
  minLength: 1,
  maxLength: 3,
});

const toolCall = fc.record({ name: fc.constantFrom("search", "run-2"), value: objectJson });

const toolTurn: fc.Arbitrary<MessageInit[]> = fc
  .tuple(
    fc.array(toolCall, { minLength: 1, maxLength: 3 }),
    serial,
    fc.option(reasoning, { nil: undefined }),
  )
  .chain(([calls, id, thought]) =>
    fc
      .array(fc.tuple(marked(fc.oneof(citedText, media)), fc.constantFrom(undefined, false)), {
        minLength: calls.length,
        maxLength: calls.length,
      })
      .map((results): MessageInit[] => [
        {
          role: Role.ASSISTANT,
          parts: [
            ...(thought === undefined ? [] : [thought]),
            ...calls.map(
              ({ name, value }, at): PartInit => ({
                content: {
                  case: "toolCall",
                  value: { id: `toolu_${id}_${at}`, name, input: { case: "argumentsJson", value } },
                },
              }),
            ),
          ],
        },
        {
          role: Role.TOOL,
          parts: results.map(
            ([content, isError], at): PartInit => ({
              content: {
                case: "toolResult",
                value: {
                  toolCallId: `toolu_${id}_${at}`,
                  content: [content],
                  ...(isError === undefined ? {} : { isError }),
                },
              },
            }),
          ),
        },
      ]),
  );

const assistantTurn: fc.Arbitrary<MessageInit[]> = fc
  .array(fc.oneof(marked(citedText), reasoning, opaque), { minLength: 1, maxLength: 3 })
  .map((parts) => [{ role: Role.ASSISTANT, parts }]);

const messages: fc.Arbitrary<MessageInit[]> = fc
  .tuple(
    fc.array(
      marked(words.map((text): PartInit => ({ content: { case: "text", value: { text } } }))),
      { maxLength: 2 },
    ),
    fc.array(fc.tuple(userParts, fc.oneof(assistantTurn, toolTurn)), { maxLength: 3 }),
    userParts,
  )
  .map(([system, turns, last]) => [
    ...(system.length === 0 ? [] : [{ role: Role.SYSTEM, parts: system }]),
    ...turns.flatMap(([user, turn]) => [{ role: Role.USER, parts: user }, ...turn]),
    { role: Role.USER, parts: last },
  ])
  .filter((turns) => new Set(idsOf(turns)).size === idsOf(turns).length);

function idsOf(turns: readonly MessageInit[]): readonly string[] {
  return turns.flatMap(({ parts }) =>
    (parts ?? []).flatMap(({ content }) =>
      content?.case === "toolCall" ? [content.value.id ?? ""] : [],
    ),
  );
}

const tools = fc
  .uniqueArray(fc.constantFrom("get_weather", "search", "run-2"), { maxLength: 3 })
  .chain((names) =>
    fc.tuple(
      ...names.map((name) =>
        fc
          .record({
            parametersJson: schemaJson,
            cache: fc.option(cacheHint, { nil: undefined }),
            more: fc.boolean(),
          })
          .map(({ parametersJson, cache, more }) =>
            create(ToolSchema, {
              tool: {
                case: "function",
                value: {
                  name,
                  parametersJson,
                  ...(more
                    ? {
                        strict: true,
                        description: "d",
                        extrasJson: { [DIALECT]: '{"defer_loading":true}' },
                      }
                    : {}),
                },
              },
              ...(cache === undefined ? {} : { cache }),
            }),
          ),
      ),
    ),
  );

const builtin = create(ToolSchema, {
  tool: {
    case: "builtin",
    value: { dialect: DIALECT, json: '{"type":"bash_20250124","name":"bash","n":1.0}' },
  },
});

/**
 * Chats that a model with everything (claude-opus-4-6) takes as they are, in the form that decoding
 * gives.
 */
export const ownChat: fc.Arbitrary<Chat> = fc
  .record({
    messages,
    tools,
    choice: fc.option(toolChoice, { nil: undefined }),
    parallel: fc.option(fc.boolean(), { nil: undefined }),
    knobs: fc.record(
      {
        sampling: fc.constantFrom<MessageInitShape<typeof SamplingSchema>>(
          { temperature: 0.5, stop: ["x"] },
          { topP: 0.3 },
          { topK: 4 },
        ),
        serviceTier: fc.constantFrom("auto", "standard_only"),
        user: words,
        cache: cacheHint.map((hint) => create(CacheHintSchema, hint)),
        extrasJson: fc.constantFrom({
          [DIALECT]: '{"inference_geo":"us","container":{"id":"c","n":1.0}}',
        }),
      },
      { requiredKeys: [], noNullPrototype: true },
    ),
    reasoning: fc.constantFrom(
      undefined,
      { mode: ReasoningMode.DISABLED },
      { mode: ReasoningMode.DISABLED, effort: ReasoningEffort.LOW },
    ),
    thinking: fc.constantFrom(
      undefined,
      {
        mode: ReasoningMode.ADAPTIVE,
        effort: ReasoningEffort.MAX,
        summary: ReasoningSummary.OMITTED,
      },
      { mode: ReasoningMode.ADAPTIVE, summary: ReasoningSummary.AUTO },
    ),
    schema: fc.constantFrom(
      undefined,
      '{"type":"object","additionalProperties":false,"properties":{"n":{"const":1.0}}}',
    ),
  })
  .map(({ knobs, choice, parallel, reasoning: off, thinking, schema, ...rest }) => {
    const withTools = rest.tools.length > 0;
    const none = choice?.choice?.case === "mode" && choice.choice.value === 1;
    const thinks = thinking !== undefined && knobs.sampling === undefined && choice === undefined;
    return create(ChatSchema, {
      model: "m",
      maxOutputTokens: 2000,
      ...rest,
      tools: withTools ? [...rest.tools, builtin] : [],
      ...(choice === undefined || !withTools ? {} : { toolChoice: choice }),
      ...(parallel === undefined || choice === undefined || !withTools || none
        ? {}
        : { parallelToolCalls: parallel }),
      ...knobs,
      ...(thinks ? { reasoning: thinking } : off === undefined ? {} : { reasoning: off }),
      ...(schema === undefined
        ? {}
        : { responseFormat: { format: { case: "jsonSchema", value: { schemaJson: schema } } } }),
    });
  });

const answerToolCall: fc.Arbitrary<PartInit> = fc
  .tuple(toolCall, serial)
  .map(([{ name, value }, id]) => ({
    content: {
      case: "toolCall",
      value: { id: `toolu_${id}`, name, input: { case: "argumentsJson", value } },
    },
  }));

const reasons = fc.constantFrom<[FinishReason, string]>(
  [FinishReason.STOP, "end_turn"],
  [FinishReason.STOP_SEQUENCE, "stop_sequence"],
  [FinishReason.LENGTH, "max_tokens"],
  [FinishReason.CONTEXT_WINDOW, "model_context_window_exceeded"],
  [FinishReason.TOOL_CALLS, "tool_use"],
  [FinishReason.PAUSE, "pause_turn"],
  [FinishReason.PAUSE, "compaction"],
  [FinishReason.REFUSAL, "refusal"],
);

const count = fc.bigInt({ min: 0n, max: 1_000_000n });

/** Answers as this dialect tells them, in the form that decoding gives. */
export const ownCompletion: fc.Arbitrary<Completion> = fc
  .record({
    id: words,
    model: words,
    parts: fc.array(fc.oneof(citedText, reasoning, opaque, answerToolCall), { maxLength: 5 }),
    reason: reasons,
    counts: fc.tuple(count, count, count, count),
    stopSequence: fc.constantFrom("", "END"),
    more: fc.boolean(),
  })
  .map(
    ({
      id,
      model,
      parts,
      reason: [finishReason, vendorFinishReason],
      counts,
      stopSequence,
      more,
    }) => {
      const [uncached, read, write, outputTokens] = counts;
      const calls = parts.some((part) => part.content?.case === "toolCall");
      const ends = finishReason === FinishReason.STOP && calls;
      return create(CompletionSchema, {
        id,
        model,
        choices: [
          {
            message: { role: Role.ASSISTANT, parts },
            finishReason: ends ? FinishReason.TOOL_CALLS : finishReason,
            vendorFinishReason: ends ? "tool_use" : vendorFinishReason,
            stopSequence,
          },
        ],
        usage: {
          inputTokens: uncached + read + write,
          cacheReadTokens: read,
          cacheWriteTokens: write,
          outputTokens,
          serviceTier: more ? "priority" : "",
          ...(more
            ? {
                cacheWrite5mTokens: write,
                cacheWrite1hTokens: 0n,
                reasoningTokens: 3n,
                toolUses: { web_search_requests: 2n },
                extrasJson: { [DIALECT]: '{"inference_geo":"eu","speed":"fast"}' },
              }
            : {}),
        },
        serviceTier: more ? "priority" : "",
        extrasJson: more ? { [DIALECT]: '{"container":{"id":"c"},"stop_details":{"n":1}}' } : {},
      });
    },
  );
