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

const usage = { prompt_tokens: 1, completion_tokens: 2, total_tokens: 3 };
const page = (at: number) => ({
  type: "url_citation",
  url_citation: { url: `https://example.com/${at}`, title: "a page", start_index: 0, end_index: 1 },
});
const call = (at: number) => ({
  id: `call_${at}`,
  type: "function",
  function: { name: "f", arguments: "{}" },
});
const token = (at: number) => ({ token: `t${at}`, logprob: -1, bytes: [116], top_logprobs: [] });

function said(message: object, choice: object = {}): object {
  const choices = [
    {
      index: 0,
      message: { role: "assistant", content: "hi", ...message },
      finish_reason: "stop",
      ...choice,
    },
  ];
  return { id: "a", model: "m", choices, usage };
}

const replies: readonly WireRow[] = [
  reply("empty choices", (n) => ({ id: "a", choices: many(n, () => ({})) })),
  reply("choices within the bound, told again", (n) => ({
    choices: many(n, (at) => ({
      index: at % 128,
      message: { content: "a" },
      finish_reason: "stop",
    })),
  })),
  reply("tool calls", (n) => said({ tool_calls: many(n, call) })),
  reply("empty tool calls", (n) => said({ tool_calls: many(n, () => ({})) })),
  reply("tool calls of one index", (n) =>
    said({ tool_calls: many(n, (at) => ({ index: 0, ...call(at) })) }),
  ),
  reply("custom tool calls", (n) =>
    said({
      tool_calls: many(n, (at) => ({
        id: `c${at}`,
        type: "custom",
        custom: { name: "f", input: "a" },
      })),
    }),
  ),
  reply("texts of content", (n) => said({ content: many(n, () => ({ type: "text", text: "a" })) })),
  reply("strings of content", (n) => said({ content: many(n, () => "a") })),
  reply("content of no known kind", (n) =>
    said({ content: many(n, (at) => ({ type: "odd", at })) }),
  ),
  reply("thoughts of content", (n) =>
    said({ content: many(n, () => ({ type: "thinking", thinking: [{ text: "a" }] })) }),
  ),
  reply("pieces of a thought", (n) =>
    said({ content: [{ type: "thinking", thinking: many(n, () => ({ text: "a" })) }] }),
  ),
  reply("annotations", (n) => said({ annotations: many(n, page) })),
  reply("empty annotations", (n) => said({ annotations: many(n, () => ({})) })),
  reply("addresses of pages", (n) => ({
    ...said({}),
    citations: many(n, (at) => `https://example.com/${at}`),
  })),
  reply("search results", (n) => ({
    ...said({}),
    search_results: many(n, (at) => ({ url: `u${at}`, title: "t" })),
  })),
  reply("reasoning details", (n) =>
    said({
      reasoning_details: many(n, (index) => ({
        type: "reasoning.text",
        index,
        text: "a",
        signature: "s",
      })),
    }),
  ),
  reply("summaries of one reasoning", (n) =>
    said({
      reasoning_details: many(n, () => ({ type: "reasoning.summary", index: 0, summary: "a" })),
    }),
  ),
  reply("reasoning details without an index", (n) =>
    said({ reasoning_details: many(n, () => ({ type: "reasoning.text", text: "a" })) }),
  ),
  reply("encrypted reasoning", (n) =>
    said({ reasoning_details: many(n, () => ({ type: "reasoning.encrypted", data: "a" })) }),
  ),
  reply("empty reasoning details", (n) => said({ reasoning_details: many(n, () => ({})) })),
  reply("thinking blocks", (n) =>
    said({ thinking_blocks: many(n, () => ({ type: "thinking", thinking: "a", signature: "s" })) }),
  ),
  reply("pictures", (n) =>
    said({
      images: many(n, () => ({
        type: "image_url",
        image_url: { url: "data:image/png;base64,AAAA" },
      })),
    }),
  ),
  reply("likelihoods", (n) =>
    said({}, { logprobs: { content: many(n, token), refusal: many(n, token) } }),
  ),
  reply("empty likelihoods", (n) => said({}, { logprobs: { content: many(n, () => ({})) } })),
  reply("rivals of one token", (n) =>
    said({}, { logprobs: { content: [{ ...token(0), top_logprobs: many(n, token) }] } }),
  ),
  reply("bytes of one token", (n) =>
    said({}, { logprobs: { content: [{ ...token(0), bytes: many(n, () => 1) }] } }),
  ),
  reply("lists of tokens", (n) =>
    said({}, { logprobs: { tokens: many(n, () => "a"), token_logprobs: many(n, () => -1) } }),
  ),
  reply("results of filters", (n) =>
    said({}, { content_filter_results: members(n, () => ({ filtered: false })) }),
  ),
  reply("members of the reply", (n) => ({ ...said({}), ...members(n) })),
  reply("members of the usage", (n) => ({ ...said({}), usage: { ...usage, ...members(n) } })),
  reply("members of a choice", (n) => said({}, members(n))),
  reply("members of a message", (n) => said(members(n))),
  {
    title: "vectors",
    kind: "embed",
    body: (n) => ({ data: many(n, (index) => ({ index, embedding: [0.5] })), usage }),
  },
  {
    title: "vectors in disorder",
    kind: "embed",
    body: (n) => ({ data: many(n, (at) => ({ index: n - at, embedding: [] })) }),
  },
  {
    title: "vectors in base64",
    kind: "embed",
    body: (n) => ({ data: many(n, () => ({ embedding: "AAAAAA==" })) }),
  },
  {
    title: "numbers of a vector",
    kind: "embed",
    body: (n) => ({ data: [{ embedding: many(n, (at) => at / 3) }] }),
  },
  { title: "members beside vectors", kind: "embed", body: (n) => ({ data: [], ...members(n) }) },
  {
    title: "results",
    kind: "rerank",
    body: (n) => ({ results: many(n, (index) => ({ index, relevance_score: 0.5 })) }),
  },
  {
    title: "results with documents",
    kind: "rerank",
    body: (n) => ({
      results: many(n, (index) => ({ index, score: 0.5, document: { title: "a", at: index } })),
    }),
  },
  {
    title: "members beside results",
    kind: "rerank",
    body: (n) => ({ results: [], ...members(n) }),
  },
];

function chunk(delta: object, more: object = {}): WireFrame {
  return frame({
    id: "a",
    model: "m",
    choices: [{ index: 0, delta, finish_reason: null }],
    ...more,
  });
}

function chunks(
  n: number,
  delta: (at: number) => object,
  more: (at: number) => object = () => ({}),
): WireFrame[] {
  return [...many(n, (at) => chunk(delta(at), more(at))), ...ending];
}

const ending: readonly WireFrame[] = [
  frame({ id: "a", choices: [{ index: 0, delta: {}, finish_reason: "stop" }] }),
  frame({ id: "a", choices: [], usage }),
  { event: "", data: "[DONE]" },
];

const piece = (index: number) => ({ index, function: { arguments: "{}" } });

const streams: readonly WireRow[] = [
  stream("texts", (n) => chunks(n, () => ({ content: "a" }))),
  stream("tool calls", (n) => chunks(n, (index) => ({ tool_calls: [{ index, ...call(index) }] }))),
  stream("tool calls of one frame", (n) =>
    chunks(1, () => ({ tool_calls: many(n, (index) => ({ index, ...call(index) })) })),
  ),
  stream("tool calls without an index", (n) => chunks(n, (at) => ({ tool_calls: [call(at)] }))),
  stream("tool calls with wild indices", (n) =>
    chunks(n, (at) => ({ tool_calls: [{ index: 1_000_000_000 + at, ...call(at) }] })),
  ),
  stream("tool calls that change ids under one index", (n) =>
    chunks(n, (at) => ({ tool_calls: [{ index: 0, ...call(at) }] })),
  ),
  stream("tool calls begun first and fed later", (n) => [
    ...many(n, (index) =>
      chunk({ tool_calls: [{ index, id: `c${index}`, function: { name: "f", arguments: "" } }] }),
    ),
    ...many(n, (index) => chunk({ tool_calls: [piece(index)] })),
    ...ending,
  ]),
  stream("tool calls fed in turn", (n) => [
    ...many(n, (index) =>
      chunk({
        tool_calls: [{ index, id: `c${index}`, function: { name: "f", arguments: '{"a":"' } }],
      }),
    ),
    ...many(n, (at) =>
      chunk({ tool_calls: [{ index: n - at - 1, function: { arguments: '"}' } }] }),
    ),
    ...ending,
  ]),
  stream("pieces of one tool call", (n) => [
    chunk({ tool_calls: [{ index: 0, id: "c", function: { name: "f", arguments: '{"a":"' } }] }),
    ...many(n, () => chunk({ tool_calls: [{ index: 0, function: { arguments: "}" } }] })),
    ...ending,
  ]),
  stream("pieces of one tool call beside another", (n) => [
    chunk({ tool_calls: [{ index: 0, id: "c", function: { name: "f", arguments: '{"a":"' } }] }),
    ...many(n, (at) => chunk({ tool_calls: [{ index: at % 2, function: { arguments: "}" } }] })),
    ...ending,
  ]),
  stream("former function calls", (n) =>
    chunks(n, () => ({ function_call: { name: "f", arguments: "a" } })),
  ),
  stream("empty choices of one frame", (n) => [
    frame({ id: "a", choices: many(n, () => ({})) }),
    ...ending,
  ]),
  stream("choices", (n) => [
    ...many(n, (at) => frame({ id: "a", choices: [{ index: at % 128, delta: { content: "a" } }] })),
    ...many(128, (index) =>
      frame({ id: "a", choices: [{ index, delta: {}, finish_reason: "stop" }] }),
    ),
    { event: "", data: "[DONE]" },
  ]),
  stream("choices with wild indices", (n) => [
    ...many(n, (at) =>
      frame({ id: "a", choices: [{ index: 1_000_000_000 + at, delta: { content: "a" } }] }),
    ),
    ...ending,
  ]),
  stream("finishes", (n) => [
    ...many(n, () => frame({ id: "a", choices: [{ index: 0, delta: {}, finish_reason: "stop" }] })),
    ...ending,
  ]),
  stream("reasoning details", (n) =>
    chunks(n, (index) => ({
      reasoning_details: [{ type: "reasoning.text", index, text: "a", signature: "s" }],
    })),
  ),
  stream("signatures of one reasoning", (n) =>
    chunks(n, () => ({
      reasoning_details: [{ type: "reasoning.text", index: 0, text: "a", signature: "s" }],
    })),
  ),
  stream("reasoning details without an index", (n) =>
    chunks(n, () => ({
      reasoning_details: [{ type: "reasoning.text", text: "a", signature: "s" }],
    })),
  ),
  stream("reasoning between texts", (n) =>
    chunks(n, (at) => (at % 2 ? { content: "a" } : { reasoning_content: "a" })),
  ),
  stream("summaries", (n) =>
    chunks(n, (index) => ({
      reasoning_details: [{ type: "reasoning.summary", index, summary: "a" }],
    })),
  ),
  stream("pictures", (n) =>
    chunks(n, () => ({
      images: [{ type: "image_url", image_url: { url: "data:image/png;base64,AAAA" } }],
    })),
  ),
  stream("sound", (n) => chunks(n, () => ({ audio: { id: "a", data: "AAAA", transcript: "a" } }))),
  stream("annotations", (n) => chunks(n, (at) => ({ annotations: [page(at)] }))),
  stream("refusals", (n) => chunks(n, () => ({ refusal: "a" }))),
  stream("content of no known kind", (n) =>
    chunks(n, (at) => ({ content: [{ type: "odd", at }] })),
  ),
  stream("likelihoods", (n) => [
    ...many(n, (at) =>
      frame({
        choices: [{ index: 0, delta: { content: "a" }, logprobs: { content: [token(at)] } }],
      }),
    ),
    ...ending,
  ]),
  stream("results of filters", (n) => [
    ...many(n, (at) =>
      frame({
        choices: [{ index: 0, content_filter_results: { [`c${at}`]: { filtered: false } } }],
      }),
    ),
    ...ending,
  ]),
  stream("members of frames", (n) =>
    chunks(
      n,
      () => ({ content: "a" }),
      (at) => ({ [`member${at}`]: at }),
    ),
  ),
  stream("one member of frames, changing", (n) =>
    chunks(
      n,
      () => ({ content: "a" }),
      (at) => ({ provider: at }),
    ),
  ),
  stream("usages", (n) =>
    chunks(
      n,
      () => ({}),
      (at) => ({ usage: { ...usage, completion_tokens: at } }),
    ),
  ),
  stream("members of usages", (n) =>
    chunks(
      n,
      () => ({}),
      (at) => ({ usage: { [`member${at}`]: at } }),
    ),
  ),
  stream("sources of frames", (n) =>
    chunks(
      n,
      () => ({}),
      (at) => ({ citations: [`https://example.com/${at}`] }),
    ),
  ),
  stream("empty frames", (n) => [...many(n, () => frame({})), ...ending]),
];

/** What vendors of Chat Completions may send. */
export const openAiChatRows: DialectRows = {
  dialect: "openai-chat",
  rows: [...replies, ...streams],
};
