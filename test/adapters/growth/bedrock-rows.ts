import {
  type DialectRows,
  frame,
  many,
  members,
  reply,
  stream,
  type WireFrame,
  type WireRow,
} from "./row.ts";

const usage = { inputTokens: 1, outputTokens: 2, totalTokens: 3 };

function answer(content: readonly unknown[], more: object = {}): object {
  return {
    output: { message: { role: "assistant", content } },
    stopReason: "end_turn",
    usage,
    ...more,
  };
}

const citation = (start: number) => ({
  title: "t",
  location: { documentChar: { documentIndex: 0, start, end: start + 1 } },
});
const toolUse = (at: number) => ({ toolUse: { toolUseId: `t${at}`, name: "f", input: { at } } });

const replies: readonly WireRow[] = [
  reply("texts", (n) => answer(many(n, () => ({ text: "a" })))),
  reply("tool uses", (n) => answer(many(n, toolUse))),
  reply("reasonings", (n) =>
    answer(many(n, () => ({ reasoningContent: { reasoningText: { text: "a", signature: "s" } } }))),
  ),
  reply("citations", (n) =>
    answer([{ citationsContent: { content: [{ text: "abc" }], citations: many(n, citation) } }]),
  ),
  reply("citations in the vendor's words", (n) =>
    answer([
      {
        citationsContent: {
          content: many(n, () => ({ text: "a" })),
          citations: many(n, (at) => ({ at })),
        },
      },
    ]),
  ),
  reply("words of a source", (n) =>
    answer([
      {
        citationsContent: {
          content: [],
          citations: [{ ...citation(0), sourceContent: many(n, () => ({ text: "a" })) }],
        },
      },
    ]),
  ),
  reply("pictures", (n) =>
    answer(many(n, () => ({ image: { format: "png", source: { bytes: "AAAA" } } }))),
  ),
  reply("blocks of no known kind", (n) => answer(many(n, (at) => ({ odd: at })))),
  reply("empty blocks", (n) => answer(many(n, () => ({})))),
  reply("members of the answer", (n) => answer([], members(n))),
  reply("members of the usage", (n) => answer([], { usage: { ...usage, ...members(n) } })),
  reply("details of the cache", (n) =>
    answer([], {
      usage: { ...usage, cacheDetails: many(n, () => ({ ttl: "5m", inputTokens: 1 })) },
    }),
  ),
  reply("tools that the vendor used", (n) =>
    answer([], { usage: { ...usage, serverToolUsage: members(n) } }),
  ),
  {
    title: "vectors by type",
    kind: "embed",
    body: (n) => ({ embeddings: { float: many(n, () => [0.5]) } }),
  },
  {
    title: "vectors of bytes",
    kind: "embed",
    body: (n) => ({ embeddings: { int8: many(n, () => [1]) } }),
  },
  { title: "vectors", kind: "embed", body: (n) => ({ embeddings: many(n, () => [0.5]) }) },
  {
    title: "vectors of objects",
    kind: "embed",
    body: (n) => ({ embeddings: many(n, () => ({ embedding: [0.5] })) }),
  },
  {
    title: "numbers of one vector",
    kind: "embed",
    body: (n) => ({ embedding: many(n, (at) => at / 3), inputTextTokenCount: 1 }),
  },
  {
    title: "members beside vectors",
    kind: "embed",
    body: (n) => ({ embeddings: { float: [] }, ...members(n) }),
  },
  { title: "members of a count", kind: "count", body: (n) => ({ inputTokens: 1, ...members(n) }) },
];

function whole(frames: readonly WireFrame[]): WireFrame[] {
  return [
    frame({ role: "assistant" }, "messageStart"),
    ...frames,
    frame({ stopReason: "end_turn" }, "messageStop"),
    frame({ usage }, "metadata"),
  ];
}

const start = (contentBlockIndex: number, told: object) =>
  frame({ contentBlockIndex, start: told }, "contentBlockStart");
const delta = (contentBlockIndex: number, added: object) =>
  frame({ contentBlockIndex, delta: added }, "contentBlockDelta");
const stop = (contentBlockIndex: number) => frame({ contentBlockIndex }, "contentBlockStop");
const begun = (at: number) => start(at, { toolUse: { toolUseId: `t${at}`, name: "f" } });
const fed = (at: number) => delta(at, { toolUse: { input: "{}" } });

const streams: readonly WireRow[] = [
  stream("texts of one block", (n) => whole([...many(n, () => delta(0, { text: "a" })), stop(0)])),
  stream("text blocks", (n) => whole(many(n, (at) => [delta(at, { text: "a" }), stop(at)]).flat())),
  stream("tool uses", (n) => whole(many(n, (at) => [begun(at), fed(at), stop(at)]).flat())),
  stream("tool uses that never end", (n) => whole(many(n, begun))),
  stream("tool uses begun first and fed later", (n) =>
    whole([...many(n, begun), ...many(n, fed), ...many(n, stop)]),
  ),
  stream("texts that never end", (n) => whole(many(n, (at) => delta(at, { text: "a" })))),
  stream("blocks of one index", (n) => whole(many(n, () => begun(0)))),
  stream("blocks with wild indices", (n) =>
    whole(
      many(n, (at) => [delta(2_000_000_000 + at, { text: "a" }), stop(2_000_000_000 + at)]).flat(),
    ),
  ),
  stream("kinds of one block in turn", (n) =>
    whole(many(n, (at) => delta(0, at % 2 ? { text: "a" } : { reasoningContent: { text: "a" } }))),
  ),
  stream("deltas without an index", (n) =>
    whole(many(n, () => frame({ delta: { text: "a" } }, "contentBlockDelta"))),
  ),
  stream("ends without an index", (n) =>
    whole([
      ...many(n, (at) => delta(at, { text: "a" })),
      ...many(n, () => frame({}, "contentBlockStop")),
    ]),
  ),
  stream("reasonings", (n) =>
    whole(many(n, (at) => [delta(at, { reasoningContent: { signature: "s" } }), stop(at)]).flat()),
  ),
  stream("signatures of one reasoning", (n) =>
    whole(many(n, () => delta(0, { reasoningContent: { text: "a", signature: "s" } }))),
  ),
  stream("citations", (n) =>
    whole(many(n, (at) => delta(0, { text: "a", citation: citation(at) }))),
  ),
  stream("pieces of one picture", (n) =>
    whole([
      start(0, { image: { format: "png" } }),
      ...many(n, () => delta(0, { image: { source: { bytes: "AAAA" } } })),
      stop(0),
    ]),
  ),
  stream("pieces of the input of a tool of the vendor", (n) =>
    whole([
      start(0, { toolUse: { type: "server_tool_use", name: "f" } }),
      ...many(n, () => delta(0, { toolUse: { input: "a" } })),
      stop(0),
    ]),
  ),
  stream("pieces of the result of a tool of the vendor", (n) =>
    whole([
      start(0, { toolResult: { toolUseId: "t" } }),
      ...many(n, (at) => delta(0, { toolResult: [{ at }] })),
      stop(0),
    ]),
  ),
  stream("pieces of one delta", (n) =>
    whole([
      start(0, { toolResult: { toolUseId: "t" } }),
      delta(0, { toolResult: many(n, (at) => ({ at })) }),
      stop(0),
    ]),
  ),
  stream("members of a block of no known kind", (n) =>
    whole([
      start(0, { odd: {} }),
      ...many(n, (at) => delta(0, { odd: { [`member${at}`]: at } })),
      stop(0),
    ]),
  ),
  stream("usages", (n) => whole(many(n, () => frame({ usage }, "metadata")))),
  stream("members of the metadata", (n) =>
    whole(many(n, (at) => frame({ usage, [`member${at}`]: at }, "metadata"))),
  ),
  stream("stops", (n) =>
    whole(many(n, (at) => frame({ stopReason: "end_turn", [`member${at}`]: at }, "messageStop"))),
  ),
];

/** What Bedrock may send. */
export const bedrockRows: DialectRows = {
  dialect: "bedrock-converse",
  rows: [...replies, ...streams],
};
