import type { Json } from "../../vendors/json-value.ts";
import { events, type Script, whole } from "./start-scripted-vendor.ts";

type Members = { readonly [member: string]: Json };

/** What every client must read of an answer, in nobody's dialect. */
export interface Expected {
  readonly text?: string;
  readonly reasoning?: string;
  /** Names and arguments of the calls, in their order. */
  readonly calls?: readonly (readonly [name: string, json: string])[];
  readonly finish?: "stop" | "tool_calls" | "other";
  /** Prompt and completion tokens. */
  readonly usage?: readonly [input: number, output: number];
  /** No client may take it for an answer. */
  readonly fails?: true;
}

/** An answer that deviates from the dialect of its vendor, and what clients must read of it. */
export interface DeviantAnswer {
  readonly title: string;
  readonly script: Script;
  readonly stream: boolean;
  readonly expected: Expected;
}

const head = { id: "c1", object: "chat.completion.chunk", created: 1, model: "m" };
const said = (content: Json, more: Members = {}): Members => ({
  index: 0,
  finish_reason: "stop",
  ...more,
  message: { role: "assistant", content },
});
const called = (calls: Json, more: Members = {}): Members => ({
  index: 0,
  finish_reason: "tool_calls",
  ...more,
  message: { role: "assistant", content: null, tool_calls: calls },
});
const answer = (choice: Members, more: Members = {}): Script =>
  whole({ ...head, object: "chat.completion", choices: [choice], ...usageOf(3, 1), ...more });
const chunk = (choice: Members, more: Members = {}): Json => ({
  ...head,
  choices: [{ index: 0, finish_reason: null, ...choice }],
  ...more,
});
const delta = (members: Members, more: Members = {}): Json => chunk({ delta: members, ...more });
const opener = delta({ role: "assistant", content: "" });
const end = (word: Json): Json => chunk({ delta: {}, finish_reason: word });
const calls = (...list: readonly Json[]): Json => delta({ tool_calls: list });
const call = (index: number, name: string, text: string): Json => ({
  index,
  id: `call_${name}`,
  type: "function",
  function: { name, arguments: text },
});
const piece = (index: number, text: Json): Json => ({ index, function: { arguments: text } });

const fn = (argumentsOf: Json): Json => ({ name: "f", arguments: argumentsOf });
const idOf = { id: "c", type: "function" };

/** Rows about usage have their own. */
const usage: Json = { ...head, choices: [], ...usageOf(3, 1) };

const text: Expected = { text: "ok", finish: "stop" };
const oneCall: Expected = { calls: [["f", '{"a":1}']], finish: "tool_calls" };
const emptyCall: Expected = { calls: [["f", "{}"]], finish: "tool_calls" };
const thought: Json = [
  { type: "thinking", thinking: [{ type: "text", text: "hm" }], closed: true },
  { type: "text", text: "ok" },
];

const unary: readonly (readonly [title: string, script: Script, expected: Expected])[] = [
  ["content as a list", answer(said(thought)), { ...text, reasoning: "hm" }],
  ["content as an object", answer(said({ type: "text", text: "ok" })), text],
  ["content as a list of texts", answer(said(["o", "k"])), text],
  ["no finish", answer(said("ok", { finish_reason: null })), text],
  ["an empty finish", answer(said("ok", { finish_reason: "" })), text],
  ...["end_turn", "eos", "STOP", "COMPLETE", "eos_token", "done"].map(
    (word) => [`the finish ${word}`, answer(said("ok", { finish_reason: word })), text] as const,
  ),
  ...["max_output", "MAX_TOKENS", "max_tokens", "SAFETY", "content_filtered", "model_length"].map(
    (word) =>
      [
        `the finish ${word}`,
        answer(said("ok", { finish_reason: word })),
        { text: "ok", finish: "other" },
      ] as const,
  ),
  ...["error", "abort", "network_error", "MALFORMED_FUNCTION_CALL", "cancelled", "timeout"].map(
    (word) =>
      [`the finish ${word}`, answer(said("ok", { finish_reason: word })), { fails: true }] as const,
  ),
  ["no choices", whole({ ...head, object: "chat.completion", choices: [] }), { fails: true }],
  ["a call without id", answer(called([{ type: "function", function: fn('{"a":1}') }])), oneCall],
  ["a call without type", answer(called([{ id: "c", function: fn('{"a":1}') }])), oneCall],
  ["a call with no arguments", answer(called([{ ...idOf, function: { name: "f" } }])), emptyCall],
  ["a call with null for arguments", answer(called([{ ...idOf, function: fn(null) }])), emptyCall],
  ["a call with empty arguments", answer(called([{ ...idOf, function: fn("") }])), emptyCall],
  ['arguments "null"', answer(called([{ ...idOf, function: fn("null") }])), emptyCall],
  ['arguments "[]"', answer(called([{ ...idOf, function: fn("[]") }])), emptyCall],
  ["arguments that are an object", answer(called([{ ...idOf, function: fn({ a: 1 }) }])), oneCall],
  [
    "arguments encoded twice",
    answer(called([{ ...idOf, function: fn('"{\\"a\\":1}"') }])),
    oneCall,
  ],
  [
    "calls with a finish of a plain answer",
    answer(called([call(0, "f", '{"a":1}')], { finish_reason: "tool_use" })),
    oneCall,
  ],
  [
    "calls and no finish",
    answer(called([call(0, "f", '{"a":1}')], { finish_reason: null })),
    oneCall,
  ],
  ["one call that is no list", answer(called(call(0, "f", '{"a":1}'))), oneCall],
  ["counts as texts", answer(said("ok"), usageOf("5", "2")), { ...text, usage: [5, 2] }],
  ["counts as fractions", answer(said("ok"), usageOf(5.0001, 1.5)), { ...text, usage: [6, 2] }],
];

const streamed: readonly (readonly [title: string, frames: readonly Json[], expected: Expected])[] =
  [
    [
      "content as a list",
      [opener, delta({ content: thought }), end("stop"), "[DONE]"],
      { ...text, reasoning: "hm" },
    ],
    [
      "content as lists, piece by piece",
      [
        opener,
        delta({ content: [{ type: "text", text: "o" }] }),
        delta({ content: "k" }),
        end("stop"),
        "[DONE]",
      ],
      text,
    ],
    ["no finish", [opener, delta({ content: "ok" }), "[DONE]"], text],
    ["no finish of calls", [opener, calls(call(0, "f", '{"a":1}')), "[DONE]"], oneCall],
    [
      "empty finishes",
      [opener, delta({ content: "ok" }, { finish_reason: "" }), end("stop"), "[DONE]"],
      text,
    ],
    ...["end_turn", "eos", "STOP", "COMPLETE"].map(
      (word) =>
        [
          `the finish ${word}`,
          [opener, delta({ content: "ok" }), end(word), "[DONE]"],
          text,
        ] as const,
    ),
    ...["max_output", "MAX_TOKENS", "SAFETY"].map(
      (word) =>
        [
          `the finish ${word}`,
          [opener, delta({ content: "ok" }), end(word), "[DONE]"],
          { text: "ok", finish: "other" },
        ] as const,
    ),
    ...["error", "abort", "MALFORMED_FUNCTION_CALL"].flatMap((word) => [
      [
        `the finish ${word}`,
        [opener, delta({ content: "ok" }), end(word), "[DONE]"],
        { fails: true },
      ] as const,
      [
        `the finish ${word} and nothing else`,
        [opener, end(word), "[DONE]"],
        { fails: true },
      ] as const,
    ]),
    ["an opener alone", [opener, "[DONE]"], { fails: true }],
    ["empty deltas alone", [opener, opener, opener, "[DONE]"], { fails: true }],
    ["no choices", [{ ...head, choices: [] }, "[DONE]"], { fails: true }],
    [
      "a call without index",
      [
        opener,
        calls({ id: "c", type: "function", function: fn('{"a":1}') }),
        end("tool_calls"),
        "[DONE]",
      ],
      oneCall,
    ],
    [
      "a whole call without index and type in the last chunk",
      [
        opener,
        chunk({
          delta: { content: null, tool_calls: [{ id: "c", function: fn('{"a":1}') }] },
          finish_reason: "tool_calls",
        }),
        "[DONE]",
      ],
      oneCall,
    ],
    [
      "two whole calls without index",
      [
        opener,
        calls({ id: "a", function: fn('{"a":1}') }),
        calls({ id: "b", function: { name: "g", arguments: '{"b":2}' } }),
        end("tool_calls"),
        "[DONE]",
      ],
      both(),
    ],
    [
      "two calls under one index",
      [
        opener,
        calls(call(0, "f", '{"a":1}')),
        calls(call(0, "g", '{"b":2}')),
        end("tool_calls"),
        "[DONE]",
      ],
      both(),
    ],
    [
      "indices that begin at one",
      [
        opener,
        calls(call(1, "f", '{"a":1}')),
        calls(call(2, "g", '{"b":2}')),
        end("tool_calls"),
        "[DONE]",
      ],
      both(),
    ],
    [
      "a call without id",
      [
        opener,
        calls({ index: 0, type: "function", function: fn("") }),
        calls(piece(0, '{"a":1}')),
        end("tool_calls"),
        "[DONE]",
      ],
      oneCall,
    ],
    [
      "a call with an empty id",
      [
        opener,
        calls({ index: 0, id: "", type: "function", function: fn("") }),
        calls(piece(0, '{"a":1}')),
        end("tool_calls"),
        "[DONE]",
      ],
      oneCall,
    ],
    [
      "a call without type",
      [
        opener,
        calls({ index: 0, id: "c", function: fn("") }),
        calls(piece(0, '{"a":1}')),
        end("tool_calls"),
        "[DONE]",
      ],
      oneCall,
    ],
    [
      "a name that comes late",
      [
        opener,
        calls({ index: 0, id: "c", type: "function", function: { name: "", arguments: "" } }),
        calls({ index: 0, function: fn('{"a":1}') }),
        end("tool_calls"),
        "[DONE]",
      ],
      oneCall,
    ],
    [
      "a name that comes after the arguments",
      [
        opener,
        calls({ index: 0, id: "c", type: "function", function: { arguments: '{"a"' } }),
        calls(piece(0, ":1}")),
        calls({ index: 0, function: { name: "f" } }),
        end("tool_calls"),
        "[DONE]",
      ],
      oneCall,
    ],
    [
      "names and ids in every piece",
      [
        opener,
        calls(call(0, "f", '{"a"')),
        calls(call(0, "f", ":1}")),
        end("tool_calls"),
        "[DONE]",
      ],
      oneCall,
    ],
    [
      "interleaved fragments",
      [
        opener,
        calls(call(0, "f", "")),
        calls(call(1, "g", "")),
        calls(piece(1, '{"b":')),
        calls(piece(0, '{"a":1}')),
        calls(piece(1, "2}")),
        end("tool_calls"),
        "[DONE]",
      ],
      both(),
    ],
    [
      "no arguments",
      [
        opener,
        calls({ index: 0, id: "c", type: "function", function: { name: "f" } }),
        end("tool_calls"),
        "[DONE]",
      ],
      emptyCall,
    ],
    ["empty arguments", [opener, calls(call(0, "f", "")), end("tool_calls"), "[DONE]"], emptyCall],
    [
      'arguments "null"',
      [opener, calls(call(0, "f", "")), calls(piece(0, "null")), end("tool_calls"), "[DONE]"],
      emptyCall,
    ],
    [
      "arguments encoded twice",
      [
        opener,
        calls(call(0, "f", "")),
        calls(piece(0, '"{\\"a\\"')),
        calls(piece(0, ':1}"')),
        end("tool_calls"),
        "[DONE]",
      ],
      oneCall,
    ],
    [
      "arguments that are an object",
      [
        opener,
        calls({ index: 0, id: "c", type: "function", function: fn({ a: 1 }) }),
        end("tool_calls"),
        "[DONE]",
      ],
      oneCall,
    ],
    [
      "chunks without id, object and time",
      [
        { choices: [{ index: 0, delta: { role: "assistant", content: "" } }] },
        { choices: [{ index: 0, delta: { content: "ok" } }] },
        { choices: [{ index: 0, delta: {}, finish_reason: "stop" }] },
        "[DONE]",
      ],
      text,
    ],
    [
      "choices without index",
      [
        { ...head, choices: [{ delta: { content: "ok" } }] },
        { ...head, choices: [{ delta: {}, finish_reason: "stop" }] },
        "[DONE]",
      ],
      text,
    ],
    [
      "messages for deltas",
      [
        {
          ...head,
          choices: [
            { index: 0, message: { role: "assistant", content: "ok" }, finish_reason: null },
          ],
        },
        { ...head, choices: [{ index: 0, message: {}, finish_reason: "stop" }] },
        "[DONE]",
      ],
      text,
    ],
    [
      "counts as texts",
      [
        opener,
        delta({ content: "ok" }),
        end("stop"),
        { ...head, choices: [], ...usageOf("5", "2") },
      ],
      { ...text, usage: [5, 2] },
    ],
    [
      "counts as fractions",
      [
        opener,
        delta({ content: "ok" }),
        end("stop"),
        { ...head, choices: [], ...usageOf(5.0001, 1.5) },
      ],
      { ...text, usage: [6, 2] },
    ],
  ];

/** Answers of vendors that speak Chat Completions in their own way. */
export const chatDeviations: readonly DeviantAnswer[] = [
  ...unary.map(([title, script, expected]) => ({ title, script, expected, stream: false })),
  ...streamed.map(([title, frames, expected]) => ({
    title,
    script: events(frames.flatMap((frame) => (frame === "[DONE]" ? [usage, frame] : [frame]))),
    expected,
    stream: true,
  })),
];

function both(): Expected {
  return {
    calls: [
      ["f", '{"a":1}'],
      ["g", '{"b":2}'],
    ],
    finish: "tool_calls",
  };
}

function usageOf(prompt: Json, completion: Json): Members {
  return { usage: { prompt_tokens: prompt, completion_tokens: completion } };
}
