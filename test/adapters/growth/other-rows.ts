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

function ranking(title: string, body: (n: number) => unknown): WireRow {
  return { title, kind: "rerank", body };
}

function vectors(title: string, body: (n: number) => unknown): WireRow {
  return { title, kind: "embed", body };
}

const token = (at: number) => ({ token: `t${at}`, logprob: -1, bytes: [116], top_logprobs: [] });
const call = (at: number) => ({ function: { name: "f", arguments: { at } } });
const line = (message: object, more: object = {}) => ({
  model: "m",
  message: { role: "assistant", content: "", ...message },
  done: false,
  ...more,
});
const last = { done: true, done_reason: "stop", prompt_eval_count: 1, eval_count: 2 };
const lines = (n: number, make: (at: number) => object): WireFrame[] => [
  ...many(n, (at) => frame(make(at))),
  frame(line({}, last)),
];

const ollama: readonly WireRow[] = [
  reply("tool calls", (n) => line({ tool_calls: many(n, call) }, last)),
  reply("empty tool calls", (n) => line({ tool_calls: many(n, () => ({})) }, last)),
  reply("pictures", (n) => line({ images: many(n, () => "iVBORw0KGgo=") }, last)),
  reply("likelihoods", (n) => line({ content: "a" }, { ...last, logprobs: many(n, token) })),
  reply("members of the answer", (n) => line({ content: "a" }, { ...last, ...members(n) })),
  reply("members of a tool call", (n) =>
    line({ tool_calls: [{ function: { name: "f", arguments: members(n), ...members(n) } }] }, last),
  ),
  vectors("vectors", (n) => ({ embeddings: many(n, () => [0.5]) })),
  vectors("members beside vectors", (n) => ({ embeddings: [], ...members(n) })),
  stream("texts", (n) => lines(n, () => line({ content: "a" }))),
  stream("thoughts between texts", (n) =>
    lines(n, (at) => line(at % 2 ? { content: "a" } : { thinking: "a" })),
  ),
  stream("tool calls", (n) => lines(n, (at) => line({ tool_calls: [call(at)] }))),
  stream("tool calls of one line", (n) => lines(1, () => line({ tool_calls: many(n, call) }))),
  stream("pictures", (n) => lines(n, () => line({ images: ["iVBORw0KGgo="] }))),
  stream("likelihoods", (n) => lines(n, (at) => line({ content: "a" }, { logprobs: [token(at)] }))),
  stream("ends", (n) => lines(n, (at) => line({}, { ...last, [`member${at}`]: at }))),
];

const tgiToken = (at: number) => ({ id: at, text: "a", logprob: -1, special: false });
const details = { finish_reason: "eos_token", generated_tokens: 2 };

const tgi: readonly WireRow[] = [
  reply("tokens", (n) => ({
    generated_text: "a",
    details: {
      ...details,
      tokens: many(n, tgiToken),
      top_tokens: many(n, (at) => [tgiToken(at)]),
      prefill: many(n, tgiToken),
    },
  })),
  reply("rivals of one token", (n) => ({
    generated_text: "a",
    details: { ...details, tokens: [tgiToken(0)], top_tokens: [many(n, tgiToken)] },
  })),
  reply("details", (n) => ({ generated_text: "a", details: { ...details, ...members(n) } })),
  reply("answers of a list", (n) => many(n, () => ({ generated_text: "a", details }))),
  { title: "tokens of a count", kind: "count", body: (n) => many(n, tgiToken) },
  stream("tokens", (n) => [
    ...many(n, (at) =>
      frame({
        token: tgiToken(at),
        top_tokens: [tgiToken(at)],
        generated_text: null,
        details: null,
      }),
    ),
    frame({ token: tgiToken(0), generated_text: "a", details }),
  ]),
  stream("ends", (n) =>
    many(n, () =>
      frame({ token: tgiToken(0), generated_text: "a", details: { ...details, ...members(3) } }),
    ),
  ),
];

const tei: readonly WireRow[] = [
  vectors("vectors", (n) => many(n, () => [0.5])),
  vectors("vectors of objects", (n) => ({
    data: many(n, (at) => ({ index: n - at, embedding: [0.5] })),
    usage: { prompt_tokens: 1 },
  })),
  vectors("members beside vectors", (n) => ({ data: [], ...members(n) })),
  ranking("results", (n) => many(n, (index) => ({ index, score: 0.5, text: "a" }))),
  ranking("results with documents", (n) =>
    many(n, (index) => ({ index, score: 0.5, document: { title: "a", at: index } })),
  ),
];

const watsonx: readonly WireRow[] = [
  reply("errors", (n) => ({ errors: many(n, () => ({ code: "a", message: "b" })) })),
  vectors("vectors", (n) => ({
    results: many(n, () => ({ embedding: [0.5] })),
    input_token_count: 1,
  })),
  vectors("members beside vectors", (n) => ({ results: [], ...members(n) })),
  ranking("results", (n) => ({
    results: many(n, (index) => ({ index, score: 0.5, input: { text: "a" } })),
  })),
  ranking("members beside results", (n) => ({ results: [], ...members(n) })),
];

const replicate: readonly WireRow[] = [
  reply("pieces of text", (n) => ({ id: "p", status: "succeeded", output: many(n, () => "a") })),
  reply("members of the prediction", (n) => ({
    status: "succeeded",
    output: "a",
    metrics: members(n),
    ...members(n),
  })),
  stream("pieces of text", (n) => [
    ...many(n, () => ({ event: "output", data: "a" })),
    { event: "done", data: "{}" },
  ]),
  stream("ends", (n) => many(n, () => ({ event: "done", data: "{}" }))),
];

/** What vendors of smaller dialects may send. */
export const otherRows: readonly DialectRows[] = [
  { dialect: "ollama", rows: ollama },
  { dialect: "huggingface-tgi", rows: tgi },
  { dialect: "huggingface-tei", rows: tei },
  { dialect: "watsonx", rows: watsonx },
  { dialect: "replicate", rows: replicate },
  {
    dialect: "bedrock-rerank",
    rows: [
      ranking("results", (n) => ({
        results: many(n, (index) => ({ index, relevanceScore: 0.5 })),
        ...members(n),
      })),
    ],
  },
  {
    dialect: "vertex-rerank",
    rows: [
      ranking("records", (n) => ({
        records: many(n, (at) => ({ id: String(at), score: 0.5 })),
        ...members(n),
      })),
    ],
  },
  {
    dialect: "dashscope-rerank",
    rows: [
      ranking("results", (n) => ({
        output: { results: many(n, (index) => ({ index, relevance_score: 0.5 })) },
        ...members(n),
      })),
    ],
  },
  {
    dialect: "deepinfra-rerank",
    rows: [ranking("scores", (n) => ({ scores: many(n, () => 0.5), ...members(n) }))],
  },
  {
    dialect: "nvidia-rerank",
    rows: [
      ranking("results", (n) => ({
        rankings: many(n, (index) => ({ index, logit: 0.5 })),
        ...members(n),
      })),
    ],
  },
];
