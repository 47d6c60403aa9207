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

const usage = { tokens: { input_tokens: 1, output_tokens: 2 } };

function said(message: object, more: object = {}): object {
  return {
    id: "c",
    finish_reason: "COMPLETE",
    message: { role: "assistant", ...message },
    usage,
    ...more,
  };
}

const citation = (at: number) => ({
  start: at,
  end: at + 1,
  text: "a",
  sources: [{ type: "document", id: `doc:${at % 100}`, document: { title: "t" } }],
});
const odd = (at: number) => ({
  start: at,
  end: at + 1,
  sources: [{ type: "odd" }, { type: "odd" }],
});
const call = (at: number) => ({
  id: `t${at}`,
  type: "function",
  function: { name: "f", arguments: "{}" },
});
const text = { type: "text", text: "abc" };

const replies: readonly WireRow[] = [
  reply("texts", (n) => said({ content: many(n, () => text) })),
  reply("thoughts", (n) => said({ content: many(n, () => ({ type: "thinking", thinking: "a" })) })),
  reply("contents of no known kind", (n) =>
    said({ content: many(n, (at) => ({ type: "odd", at })) }),
  ),
  reply("empty contents", (n) => said({ content: many(n, () => ({})) })),
  reply("citations", (n) => said({ content: [text], citations: many(n, citation) })),
  reply("citations in the vendor's words", (n) =>
    said({ content: [text], citations: many(n, odd) }),
  ),
  reply("empty citations of a long text", (n) =>
    said({
      content: [{ type: "text", text: "abcdefgh".repeat(n) }],
      citations: many(n, () => ({ sources: [{ type: "document", document: { url: "u" } }] })),
    }),
  ),
  reply("citations of thoughts", (n) =>
    said({ content: [text], citations: many(n, () => ({ type: "THINKING_CONTENT" })) }),
  ),
  reply("citations of texts", (n) =>
    said({
      content: many(n, () => text),
      citations: many(n, (at) => ({ ...citation(0), content_index: at })),
    }),
  ),
  reply("sources of a citation", (n) =>
    said({
      content: [text],
      citations: [{ start: 0, end: 1, sources: many(n, () => ({ type: "document" })) }],
    }),
  ),
  reply("tool calls", (n) => said({ tool_plan: "a", tool_calls: many(n, call) })),
  reply("empty tool calls", (n) => said({ tool_calls: many(n, () => ({})) })),
  reply("likelihoods", (n) =>
    said({ content: [text] }, { logprobs: many(n, () => ({ text: "a", logprobs: [-1] })) }),
  ),
  reply("likelihoods of one item", (n) =>
    said({ content: [text] }, { logprobs: [{ text: "a", logprobs: many(n, () => -1) }] }),
  ),
  reply("members of the reply", (n) => said({ content: [text] }, members(n))),
  reply("members of the usage", (n) =>
    said({ content: [text] }, { usage: { ...usage, ...members(n) } }),
  ),
  reply("tool calls of v1", (n) => ({
    text: "a",
    tool_calls: many(n, (at) => ({ name: "f", parameters: { at } })),
  })),
  reply("citations of v1", (n) => ({
    text: "abc",
    citations: many(n, (at) => ({ start: 0, end: 1, document_ids: [at] })),
  })),
  reply("members of v1", (n) => ({ text: "abc", ...members(n) })),
  {
    title: "vectors",
    kind: "embed",
    body: (n) => ({ embeddings: { float: many(n, () => [0.5]) } }),
  },
  {
    title: "vectors of bytes",
    kind: "embed",
    body: (n) => ({ embeddings: { int8: many(n, () => [1]) } }),
  },
  {
    title: "vectors of kinds",
    kind: "embed",
    body: (n) => ({ embeddings: { float: [], ...members(n, () => [1]) } }),
  },
  { title: "vectors of v1", kind: "embed", body: (n) => ({ embeddings: many(n, () => [0.5]) }) },
  {
    title: "members beside vectors",
    kind: "embed",
    body: (n) => ({ embeddings: { float: [] }, ...members(n) }),
  },
  {
    title: "results",
    kind: "rerank",
    body: (n) => ({ results: many(n, (index) => ({ index, relevance_score: 0.5 })) }),
  },
  {
    title: "results with documents",
    kind: "rerank",
    body: (n) => ({
      results: many(n, (index) => ({
        index,
        relevance_score: 0.5,
        document: { title: "a", at: index },
      })),
    }),
  },
  {
    title: "members beside results",
    kind: "rerank",
    body: (n) => ({ results: [], meta: members(n), ...members(n) }),
  },
];

function event(type: string, more: object): WireFrame {
  return frame({ type, ...more }, type);
}

function whole(frames: readonly WireFrame[]): WireFrame[] {
  return [
    event("message-start", { id: "c", delta: { message: { role: "assistant" } } }),
    ...frames,
    event("message-end", { delta: { finish_reason: "COMPLETE", usage } }),
    { event: "", data: "[DONE]" },
  ];
}

const content = (type: string, index: number, said: object) =>
  event(type, { index, delta: { message: { content: said } } });
const toolCall = (type: string, index: number, told: object) =>
  event(type, { index, delta: { message: { tool_calls: told } } });
const begun = (index: number) =>
  toolCall("tool-call-start", index, { id: `t${index}`, function: { name: "f", arguments: "" } });
const fed = (index: number) =>
  toolCall("tool-call-delta", index, { function: { arguments: "{}" } });
const ended = (index: number) => event("tool-call-end", { index });
const cited = (at: number, citations: unknown) =>
  event("citation-start", { index: at, delta: { message: { citations } } });

const streams: readonly WireRow[] = [
  stream("texts of one content", (n) =>
    whole(many(n, () => content("content-delta", 0, { text: "a" }))),
  ),
  stream("contents", (n) =>
    whole(
      many(n, (at) => [
        content("content-start", at, { type: "text", text: "" }),
        content("content-delta", at, { text: "a" }),
        event("content-end", { index: at }),
      ]).flat(),
    ),
  ),
  stream("thoughts", (n) =>
    whole(many(n, (at) => content("content-start", at, { type: "thinking", thinking: "a" }))),
  ),
  stream("contents with wild indices", (n) =>
    whole(many(n, (at) => content("content-delta", 2_000_000_000 + at, { text: "a" }))),
  ),
  stream("contents that grow in turn", (n) =>
    whole(many(n, (at) => content("content-delta", at % 100, { text: "a" }))),
  ),
  stream("tool calls", (n) => whole(many(n, (at) => [begun(at), fed(at), ended(at)]).flat())),
  stream("tool calls without input", (n) => whole(many(n, begun))),
  stream("tool calls begun first and fed later", (n) =>
    whole([...many(n, begun), ...many(n, fed), ...many(n, ended)]),
  ),
  stream("tool calls begun first and fed backwards", (n) =>
    whole([...many(n, begun), ...many(n, (at) => fed(n - at - 1)), ...many(n, ended)]),
  ),
  stream("tool calls of one index", (n) => whole(many(n, () => begun(0)))),
  stream("plans", (n) =>
    whole(many(n, () => event("tool-plan-delta", { delta: { message: { tool_plan: "a" } } }))),
  ),
  stream("citations", (n) =>
    whole([
      content("content-delta", 0, { text: "abc" }),
      ...many(n, (at) => cited(at, citation(at))),
    ]),
  ),
  stream("citations of one frame", (n) =>
    whole([content("content-delta", 0, { text: "abc" }), cited(0, many(n, odd))]),
  ),
  stream("citations of thoughts", (n) => whole(many(n, (at) => cited(at, { type: "PLAN", at })))),
  stream("citations of many contents", (n) =>
    whole([
      ...many(n, (at) => content("content-delta", at, { text: "abc" })),
      ...many(n, (at) => cited(at, { ...citation(0), content_index: at })),
    ]),
  ),
  stream("likelihoods", (n) =>
    whole(
      many(n, () =>
        event("content-delta", {
          index: 0,
          delta: { message: { content: { text: "a" } } },
          logprobs: { text: "a", logprobs: [-1] },
        }),
      ),
    ),
  ),
  stream("likelihoods after many contents", (n) =>
    whole([
      ...many(n, (at) => content("content-delta", at, { text: "a" })),
      ...many(n, () =>
        event("content-delta", { index: 0, delta: {}, logprobs: { text: "a", logprobs: [-1] } }),
      ),
    ]),
  ),
  stream("ends after many tool calls", (n) =>
    whole([
      ...many(n, begun),
      ...many(n, () => event("message-end", { delta: { finish_reason: "COMPLETE" } })),
    ]),
  ),
  stream("usages", (n) =>
    whole(many(n, () => event("message-end", { delta: { finish_reason: "COMPLETE", usage } }))),
  ),
  stream("texts of v1", (n) => [
    ...many(n, () => frame({ event_type: "text-generation", text: "a" })),
    frame({ event_type: "stream-end", finish_reason: "COMPLETE", response: {} }),
  ]),
  stream("tool calls and citations of v1", (n) => [
    frame({ event_type: "text-generation", text: "abc" }),
    frame({
      event_type: "citation-generation",
      citations: many(n, (at) => ({ start: 0, end: 1, document_ids: [at] })),
    }),
    frame({
      event_type: "tool-calls-generation",
      tool_calls: many(n, (at) => ({ name: "f", parameters: { at } })),
    }),
    frame({ event_type: "stream-end", finish_reason: "COMPLETE", response: {} }),
  ]),
];

/** What vendors of Cohere's API may send. */
export const cohereRows: DialectRows = { dialect: "cohere", rows: [...replies, ...streams] };
