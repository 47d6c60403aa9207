import type { Json } from "../../vendors/json-value.ts";
import type { DeviantAnswer, Expected } from "./chat-deviations.ts";
import { events, type Script, whole } from "./start-scripted-vendor.ts";

type Members = { readonly [member: string]: Json };

const usage = { input_tokens: 3, output_tokens: 1 };
const head: Members = { id: "msg_1", type: "message", role: "assistant", model: "m" };
const text: Expected = { text: "ok", finish: "stop" };
const oneCall: Expected = { calls: [["f", '{"a":1}']], finish: "tool_calls" };
const emptyCall: Expected = { calls: [["f", "{}"]], finish: "tool_calls" };
const twoCalls: Expected = {
  calls: [
    ["f", '{"a":1}'],
    ["g", '{"b":2}'],
  ],
  finish: "tool_calls",
};

const answer = (content: Json, more: Members = {}): Script =>
  whole({ ...head, content, stop_reason: "end_turn", stop_sequence: null, usage, ...more });
const words: Json = { type: "text", text: "ok" };
const called = (call: Members, more: Members = {}): Script =>
  answer([{ type: "tool_use", id: "t", name: "f", ...call }], { stop_reason: "tool_use", ...more });

const unary: readonly (readonly [title: string, script: Script, expected: Expected])[] = [
  ["content as a text", answer("ok"), text],
  ["no reason to stop", answer([words], { stop_reason: null }), text],
  ...["stop", "eos", "COMPLETE"].map(
    (word) => [`the reason ${word}`, answer([words], { stop_reason: word }), text] as const,
  ),
  [
    "the reason length",
    answer([words], { stop_reason: "length" }),
    { text: "ok", finish: "other" },
  ],
  ["the reason error", answer([words], { stop_reason: "error" }), { fails: true }],
  ["a call without id", called({ id: "", input: { a: 1 } }), oneCall],
  [
    "a call with its id left out",
    answer([{ type: "tool_use", name: "f", input: { a: 1 } }]),
    oneCall,
  ],
  [
    "a call that ends as a plain answer",
    called({ input: { a: 1 } }, { stop_reason: "stop" }),
    oneCall,
  ],
  ["input in a text", called({ input: '{"a":1}' }), oneCall],
  ["input encoded twice", called({ input: JSON.stringify('{"a":1}') }), oneCall],
  ["null for input", called({ input: null }), emptyCall],
  ['input "null"', called({ input: "null" }), emptyCall],
  ["no input", called({}), emptyCall],
  [
    "counts as texts",
    answer([words], { usage: { input_tokens: "5", output_tokens: "2" } }),
    { ...text, usage: [5, 2] },
  ],
];

const start: Json = {
  type: "message_start",
  message: { ...head, content: [], stop_reason: null, stop_sequence: null, usage },
};
const begin = (index: number, block: Members): Json => ({
  type: "content_block_start",
  index,
  content_block: block,
});
const tool = (name: string, more: Members = {}): Members => ({
  type: "tool_use",
  id: `t_${name}`,
  name,
  input: {},
  ...more,
});
const delta = (index: number, added: Members): Json => ({
  type: "content_block_delta",
  index,
  delta: added,
});
const said = (index: number, words: Json): Json =>
  delta(index, { type: "text_delta", text: words });
const fed = (index: number, partial_json: Json): Json =>
  delta(index, { type: "input_json_delta", partial_json });
const end = (index: number): Json => ({ type: "content_block_stop", index });
const why = (stop_reason: Json, more: Members = {}): Json => ({
  type: "message_delta",
  delta: { stop_reason, stop_sequence: null },
  usage: { output_tokens: 1 },
  ...more,
});
const stop: Json = { type: "message_stop" };
const plain = begin(0, { type: "text", text: "" });
const tail = (word: string): readonly Json[] => [why(word), stop];

const streamed: readonly (readonly [title: string, frames: readonly Json[], expected: Expected])[] =
  [
    ["no beginning of the message", [plain, said(0, "ok"), end(0), ...tail("end_turn")], text],
    ["two beginnings", [start, start, plain, said(0, "ok"), end(0), ...tail("end_turn")], text],
    [
      "no beginning of a block",
      [start, said(0, "o"), said(0, "k"), end(0), ...tail("end_turn")],
      text,
    ],
    ["no end of a block", [start, plain, said(0, "ok"), ...tail("end_turn")], text],
    [
      "deltas without type",
      [start, plain, delta(0, { text: "ok" }), end(0), ...tail("end_turn")],
      text,
    ],
    [
      "null for a text",
      [
        start,
        begin(0, { type: "text", text: null }),
        said(0, "ok"),
        said(0, null),
        end(0),
        ...tail("end_turn"),
      ],
      text,
    ],
    [
      "a skipped number",
      [start, begin(1, { type: "text", text: "" }), said(1, "ok"), end(1), ...tail("end_turn")],
      text,
    ],
    ["no reason to stop", [start, plain, said(0, "ok"), end(0), stop], text],
    ["null for the reason", [start, plain, said(0, "ok"), end(0), why(null), stop], text],
    ["no message_stop", [start, plain, said(0, "ok"), end(0), why("end_turn")], text],
    ["[DONE] for the end", [start, plain, said(0, "ok"), end(0), "[DONE]"], text],
    [
      "the reason length",
      [start, plain, said(0, "ok"), end(0), ...tail("length")],
      { text: "ok", finish: "other" },
    ],
    ["the reason abort", [start, plain, said(0, "ok"), end(0), ...tail("abort")], { fails: true }],
    ["cut before the reason", [start, plain, said(0, "ok")], { fails: true }],
    [
      "counts as texts",
      [
        start,
        plain,
        said(0, "ok"),
        end(0),
        why("end_turn", { usage: { input_tokens: "5", output_tokens: "2" } }),
        stop,
      ],
      { ...text, usage: [5, 2] },
    ],
    [
      "a call without id",
      [start, begin(0, tool("f", { id: null })), fed(0, '{"a":1}'), end(0), ...tail("tool_use")],
      oneCall,
    ],
    [
      "a call that ends as a plain answer",
      [start, begin(0, tool("f")), fed(0, '{"a":1}'), end(0), ...tail("end_turn")],
      oneCall,
    ],
    [
      "a call and no reason",
      [start, begin(0, tool("f")), fed(0, '{"a":1}'), end(0), stop],
      oneCall,
    ],
    [
      "whole input at the beginning",
      [start, begin(0, tool("f", { input: { a: 1 } })), end(0), ...tail("tool_use")],
      oneCall,
    ],
    [
      "input in a text at the beginning",
      [start, begin(0, tool("f", { input: '{"a":1}' })), end(0), ...tail("tool_use")],
      oneCall,
    ],
    [
      "null for input",
      [start, begin(0, tool("f", { input: null })), fed(0, null), end(0), ...tail("tool_use")],
      emptyCall,
    ],
    [
      'input "null"',
      [start, begin(0, tool("f")), fed(0, "nu"), fed(0, "ll"), end(0), ...tail("tool_use")],
      emptyCall,
    ],
    [
      "input encoded twice",
      [
        start,
        begin(0, tool("f")),
        fed(0, '"{\\"a\\"'),
        fed(0, ':1}"'),
        end(0),
        ...tail("tool_use"),
      ],
      oneCall,
    ],
    [
      "input that is an object",
      [start, begin(0, tool("f")), fed(0, { a: 1 }), end(0), ...tail("tool_use")],
      oneCall,
    ],
    [
      "deltas of input without input",
      [
        start,
        begin(0, tool("f")),
        delta(0, { type: "input_json_delta" }),
        fed(0, '{"a":1}'),
        end(0),
        ...tail("tool_use"),
      ],
      oneCall,
    ],
    [
      "one number for two calls",
      [
        start,
        begin(0, tool("f")),
        fed(0, '{"a":1}'),
        end(0),
        begin(0, tool("g")),
        fed(0, '{"b":2}'),
        end(0),
        ...tail("tool_use"),
      ],
      twoCalls,
    ],
    [
      "one number for two calls, none ended",
      [
        start,
        begin(0, tool("f")),
        fed(0, '{"a":1}'),
        begin(0, tool("g")),
        fed(0, '{"b":2}'),
        ...tail("tool_use"),
      ],
      twoCalls,
    ],
    [
      "numbers from 3 on",
      [
        start,
        begin(3, tool("f")),
        fed(3, '{"a":1}'),
        end(3),
        begin(7, tool("g")),
        fed(7, '{"b":2}'),
        end(7),
        ...tail("tool_use"),
      ],
      twoCalls,
    ],
    [
      "calls without numbers",
      [
        start,
        { type: "content_block_start", content_block: tool("f") },
        {
          type: "content_block_delta",
          delta: { type: "input_json_delta", partial_json: '{"a":1}' },
        },
        { type: "content_block_stop" },
        ...tail("tool_use"),
      ],
      oneCall,
    ],
  ];

/** Answers that deviate from the Messages API, and what every client must read of them. */
export const messagesDeviations: readonly DeviantAnswer[] = [
  ...unary.map(([title, script, expected]) => ({ title, script, stream: false, expected })),
  ...streamed.flatMap(([title, frames, expected]) => [
    { title, script: events(frames, true), stream: true, expected },
    { title: `${title}, no names of events`, script: events(frames), stream: true, expected },
  ]),
];
