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

const usage = { input_tokens: 1, output_tokens: 2, total_tokens: 3 };

function response(output: readonly unknown[], more: object = {}): object {
  return { id: "r", object: "response", status: "completed", model: "m", output, usage, ...more };
}

const outputText = (at: number) => ({ type: "output_text", text: `a${at}`, annotations: [] });
const annotation = (at: number) => ({
  type: "url_citation",
  url: `u${at}`,
  title: "t",
  start_index: 0,
  end_index: 1,
});
const token = (at: number) => ({ token: `t${at}`, logprob: -1, bytes: [116], top_logprobs: [] });
const said = (content: readonly unknown[]) => ({
  type: "message",
  id: "m",
  role: "assistant",
  content,
});
const call = (at: number) => ({
  type: "function_call",
  id: `f${at}`,
  call_id: `c${at}`,
  name: "f",
  arguments: "{}",
});

const replies: readonly WireRow[] = [
  reply("messages", (n) => response(many(n, (at) => said([outputText(at)])))),
  reply("contents of a message", (n) => response([said(many(n, outputText))])),
  reply("contents of no known kind", (n) =>
    response([said(many(n, (at) => ({ type: "odd", at })))]),
  ),
  reply("refusals", (n) => response([said(many(n, () => ({ type: "refusal", refusal: "no" })))])),
  reply("annotations", (n) =>
    response([said([{ ...outputText(0), annotations: many(n, annotation) }])]),
  ),
  reply("annotations of no known kind", (n) =>
    response([said([{ ...outputText(0), annotations: many(n, (at) => ({ type: "odd", at })) }])]),
  ),
  reply("likelihoods", (n) => response([said([{ ...outputText(0), logprobs: many(n, token) }])])),
  reply("tool calls", (n) => response(many(n, call))),
  reply("custom tool calls", (n) =>
    response(
      many(n, (at) => ({ type: "custom_tool_call", call_id: `c${at}`, name: "f", input: "a" })),
    ),
  ),
  reply("reasonings", (n) =>
    response(
      many(n, (at) => ({ type: "reasoning", id: `r${at}`, summary: [], encrypted_content: "a" })),
    ),
  ),
  reply("summaries", (n) =>
    response([{ type: "reasoning", id: "r", summary: many(n, () => ({ text: "a" })) }]),
  ),
  reply("words of a reasoning", (n) =>
    response([{ type: "reasoning", content: many(n, () => ({ text: "a" })) }]),
  ),
  reply("items of no known kind", (n) => response(many(n, (at) => ({ type: "odd", at })))),
  reply("empty items", (n) => response(many(n, () => ({})))),
  reply("members of the response", (n) => response([], members(n))),
  reply("members of the usage", (n) => response([], { usage: { ...usage, ...members(n) } })),
  reply("details of the usage", (n) =>
    response([], {
      usage: { ...usage, input_tokens_details: members(n), output_tokens_details: members(n) },
    }),
  ),
];

function event(type: string, more: object): WireFrame {
  return frame({ type, ...more }, type);
}

function whole(frames: readonly WireFrame[], output: readonly unknown[] = []): WireFrame[] {
  return [
    event("response.created", { response: response([]) }),
    ...frames,
    event("response.completed", { response: response(output) }),
  ];
}

const added = (index: number, item: object) =>
  event("response.output_item.added", { output_index: index, item });
const done = (index: number, item: object) =>
  event("response.output_item.done", { output_index: index, item });
const textDelta = (output_index: number, content_index = 0) =>
  event("response.output_text.delta", { output_index, content_index, delta: "a" });
const inputDelta = (output_index: number) =>
  event("response.function_call_arguments.delta", { output_index, delta: "{}" });
const reasoning = { type: "reasoning", id: "r", summary: [] };
const summaryDelta = (summary_index: number) =>
  event("response.reasoning_summary_text.delta", { output_index: 0, summary_index, delta: "a" });

const streams: readonly WireRow[] = [
  stream("texts", (n) =>
    whole([added(0, said([])), ...many(n, () => textDelta(0)), done(0, said([outputText(0)]))]),
  ),
  stream("messages", (n) =>
    whole(many(n, (at) => [added(at, said([])), textDelta(at), done(at, said([]))]).flat()),
  ),
  stream("messages that never end", (n) =>
    whole(many(n, (at) => [added(at, said([])), textDelta(at)]).flat()),
  ),
  stream("contents of a message", (n) =>
    whole([
      added(0, said([])),
      ...many(n, (content_index) =>
        event("response.content_part.added", {
          output_index: 0,
          content_index,
          part: { type: "output_text", text: "" },
        }),
      ),
      ...many(n, (at) => textDelta(0, at)),
      done(0, said(many(n, outputText))),
    ]),
  ),
  stream("contents of no known kind", (n) =>
    whole([
      added(0, said([])),
      ...many(n, (content_index) =>
        event("response.content_part.added", {
          output_index: 0,
          content_index,
          part: { type: "odd" },
        }),
      ),
      done(0, said(many(n, (at) => ({ type: "odd", at })))),
    ]),
  ),
  stream("contents told only at the end", (n) =>
    whole([added(0, said([])), done(0, said(many(n, outputText)))]),
  ),
  stream("tool calls", (n) =>
    whole(many(n, (at) => [added(at, call(at)), inputDelta(at), done(at, call(at))]).flat()),
  ),
  stream("tool calls that never end", (n) => whole(many(n, (at) => added(at, call(at))))),
  stream("tool calls begun first and fed later", (n) =>
    whole([
      ...many(n, (at) => added(at, call(at))),
      ...many(n, inputDelta),
      ...many(n, (at) => done(at, call(at))),
    ]),
  ),
  stream("tool calls that never began", (n) => whole(many(n, inputDelta))),
  stream("items with wild indices", (n) =>
    whole(
      many(n, (at) => [added(2_000_000_000 + at, call(at)), inputDelta(2_000_000_000 + at)]).flat(),
    ),
  ),
  stream("items without an index", (n) =>
    whole(
      many(n, (at) => [
        event("response.output_item.added", { item: call(at) }),
        event("response.output_item.done", { item: call(at) }),
      ]).flat(),
    ),
  ),
  stream("items told only at their end", (n) => whole(many(n, (at) => done(at, call(at))))),
  stream("items told only at the end", (n) => whole([], many(n, call))),
  stream("items of no known kind", (n) =>
    whole(many(n, (at) => [added(at, { type: "odd" }), done(at, { type: "odd", at })]).flat()),
  ),
  stream("summaries", (n) =>
    whole([
      added(0, reasoning),
      ...many(n, summaryDelta),
      done(0, { ...reasoning, summary: many(n, () => ({ text: "a" })) }),
    ]),
  ),
  stream("pieces of the last of many summaries", (n) =>
    whole([added(0, reasoning), ...many(500, summaryDelta), ...many(n, () => summaryDelta(499))]),
  ),
  stream("summaries with wild indices", (n) =>
    whole([added(0, reasoning), ...many(n, (at) => summaryDelta(2_000_000_000 + at))]),
  ),
  stream("summaries told only at the end", (n) =>
    whole([
      added(0, reasoning),
      done(0, { ...reasoning, summary: many(n, () => ({ text: "a" })) }),
    ]),
  ),
  stream("words of a reasoning", (n) =>
    whole([
      added(0, reasoning),
      ...many(n, (content_index) =>
        event("response.reasoning_text.delta", { output_index: 0, content_index, delta: "a" }),
      ),
      done(0, reasoning),
    ]),
  ),
  stream("reasonings", (n) =>
    whole(
      many(n, (at) => [
        added(at, reasoning),
        done(at, { ...reasoning, encrypted_content: "a" }),
      ]).flat(),
    ),
  ),
  stream("annotations", (n) =>
    whole([
      added(0, said([])),
      textDelta(0),
      ...many(n, (at) =>
        event("response.output_text.annotation.added", {
          output_index: 0,
          content_index: 0,
          annotation: annotation(at),
        }),
      ),
      done(0, said([{ ...outputText(0), annotations: many(n, annotation) }])),
    ]),
  ),
  stream("likelihoods", (n) =>
    whole([
      added(0, said([])),
      ...many(n, (at) =>
        event("response.output_text.delta", {
          output_index: 0,
          content_index: 0,
          delta: "a",
          logprobs: [token(at)],
        }),
      ),
      done(0, said([outputText(0)])),
    ]),
  ),
  stream("whole texts", (n) =>
    whole(
      many(n, () =>
        event("response.output_text.done", { output_index: 0, content_index: 0, text: "a" }),
      ),
    ),
  ),
  stream("beginnings", (n) =>
    whole(many(n, () => event("response.in_progress", { response: response([]) }))),
  ),
  stream("ends", (n) =>
    whole(many(n, () => event("response.completed", { response: response([call(0)]) }))),
  ),
  stream("members of the response", (n) => [
    event("response.completed", { response: response([], members(n)) }),
  ]),
];

/** What vendors of the Responses API may send. */
export const responsesRows: DialectRows = {
  dialect: "openai-responses",
  rows: [...replies, ...streams],
};
