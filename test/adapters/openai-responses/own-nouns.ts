import { create, type MessageInitShape } from "@bufbuild/protobuf";
import fc from "fast-check";
import type { CitationSchema } from "../../../gen/parlance/chat/v1/citation_pb.js";
import {
  type Completion,
  CompletionSchema,
  FinishReason,
} from "../../../gen/parlance/chat/v1/completion_pb.js";
import { Role } from "../../../gen/parlance/chat/v1/message_pb.js";
import type { PartSchema } from "../../../gen/parlance/chat/v1/part_pb.js";
import { argumentsJson, words } from "../../arbitraries/chat.ts";

type PartInit = MessageInitShape<typeof PartSchema>;
type CitationInit = MessageInitShape<typeof CitationSchema>;

const DIALECT = "openai-responses";
const count = fc.bigInt({ min: 0n, max: 1_000_000n });

const citation: fc.Arbitrary<CitationInit> = fc
  .record({ title: fc.constantFrom("", "T"), at: fc.nat(99) })
  .chain(({ title, at }) =>
    fc.constantFrom<CitationInit>(
      {
        title,
        source: { case: "web", value: { url: "https://a.example" } },
        answer: { start: at, end: at + 1 },
      },
      {
        title,
        source: { case: "document", value: { fileId: "file-1" } },
        answer: { start: at, end: at },
      },
      {
        source: {
          case: "opaque",
          value: { dialect: DIALECT, json: '{"type":"file_path","n":1.0}' },
        },
      },
    ),
  );

const said: fc.Arbitrary<PartInit> = fc.oneof(
  fc
    .tuple(words, fc.array(citation, { maxLength: 2 }))
    .map(
      ([text, citations]): PartInit => ({ content: { case: "text", value: { text, citations } } }),
    ),
  words.map((text): PartInit => ({ content: { case: "refusal", value: { text } } })),
);

const thought: fc.Arbitrary<PartInit> = fc
  .record({
    text: fc.oneof(words, fc.constant("")),
    encrypted: fc.constantFrom("", "gAAA="),
    summaries: fc.array(words, { maxLength: 2 }),
  })
  .map((value) => ({
    content: { case: "reasoning", value: { ...value, id: "rs", dialect: DIALECT } },
  }));

const called: fc.Arbitrary<PartInit> = fc.oneof(
  argumentsJson.map(
    (value): PartInit => ({
      content: { case: "toolCall", value: { name: "f", input: { case: "argumentsJson", value } } },
    }),
  ),
  words.map(
    (value): PartInit => ({
      content: { case: "toolCall", value: { name: "sh", input: { case: "text", value } } },
    }),
  ),
);

const builtin: fc.Arbitrary<PartInit> = fc
  .constantFrom("web_search_call", "code_interpreter_call", "compaction", "mcp_list_tools")
  .map((type) => ({
    content: {
      case: "opaque",
      value: { dialect: DIALECT, json: `{"type":"${type}","id":"ID","n":1.0}` },
    },
  }));

/** Ids tell items apart: each has one of its own. */
function numbered(part: PartInit, at: number): PartInit {
  const { content } = part;
  switch (content?.case) {
    case "reasoning":
      return { content: { case: "reasoning", value: { ...content.value, id: `rs_${at}` } } };
    case "toolCall":
      return { content: { case: "toolCall", value: { ...content.value, id: `call_${at}` } } };
    case "opaque":
      return {
        content: {
          case: "opaque",
          value: { dialect: DIALECT, json: (content.value.json ?? "").replace("ID", `it_${at}`) },
        },
      };
    default:
      return part;
  }
}

/** Answers as this dialect tells them, in the form that decoding gives. */
export const ownCompletion: fc.Arbitrary<Completion> = fc
  .record({
    id: words,
    model: words,
    created: fc.bigInt({ min: 1n, max: 9_999_999_999n }),
    parts: fc.array(fc.oneof(said, thought, called, builtin), { maxLength: 6 }),
    cut: fc.boolean(),
    counts: fc.tuple(count, count, count, count, count),
    more: fc.boolean(),
  })
  .map(({ id, model, created, parts, cut, counts, more }) => {
    const [uncached, cacheReadTokens, outputTokens, reasoningTokens, totalTokens] = counts;
    const inputTokens = uncached + cacheReadTokens + 2n;
    const calls = parts.some(({ content }) => content?.case === "toolCall");
    const serviceTier = more ? "priority" : "";
    return create(CompletionSchema, {
      id: id === "" ? "" : `resp_${id}`,
      model,
      createdUnixS: created,
      choices: [
        {
          message: { role: Role.ASSISTANT, parts: parts.map(numbered) },
          finishReason: cut
            ? FinishReason.LENGTH
            : calls
              ? FinishReason.TOOL_CALLS
              : FinishReason.STOP,
          vendorFinishReason: cut ? "max_output_tokens" : "completed",
        },
      ],
      usage: {
        inputTokens,
        cacheReadTokens,
        outputTokens,
        reasoningTokens,
        totalTokens,
        serviceTier,
        ...(more
          ? {
              cacheWriteTokens: 2n,
              extrasJson: { [DIALECT]: '{"cost":0.10,"output_tokens_details":{"x":1}}' },
            }
          : {}),
      },
      serviceTier,
      extrasJson: more ? { [DIALECT]: '{"billing":{"payer":"d","n":1.0}}' } : {},
    });
  });
