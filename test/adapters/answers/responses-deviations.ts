import type { Json } from "../../vendors/json-value.ts";
import type { DeviantAnswer, Expected } from "./chat-deviations.ts";
import { events, type Script, whole } from "./start-scripted-vendor.ts";

type Members = { readonly [member: string]: Json };

const usage = { input_tokens: 3, output_tokens: 1, total_tokens: 4 };
const head: Members = { id: "resp_1", object: "response", created_at: 1, model: "m", output: [] };
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

const content: Json = [{ type: "output_text", text: "ok", annotations: [] }];
const message: Members = {
  id: "i1",
  type: "message",
  role: "assistant",
  status: "completed",
  content,
};
const call = (name: string, argumentsOf: Json, more: Members = {}): Members => ({
  id: `i_${name}`,
  type: "function_call",
  status: "completed",
  call_id: `c_${name}`,
  name,
  arguments: argumentsOf,
  ...more,
});
const without = (item: Members, ...keys: readonly string[]): Members =>
  Object.fromEntries(Object.entries(item).filter(([key]) => !keys.includes(key)));
const answer = (output: Json, more: Members = {}): Script =>
  whole({ ...head, status: "completed", output, usage, ...more });

const unary: readonly (readonly [title: string, script: Script, expected: Expected])[] = [
  ["content as a text", answer([{ ...message, content: "ok" }]), text],
  [
    "content of another dialect",
    answer([{ ...message, content: [{ type: "text", text: "ok" }] }]),
    text,
  ],
  [
    "a text without annotations",
    answer([{ ...message, content: [{ type: "output_text", text: "ok" }] }]),
    text,
  ],
  ["a message without id and status", answer([without(message, "id", "status")]), text],
  [
    "words alone",
    whole({ ...without(head, "output"), status: "completed", output_text: "ok", usage }),
    text,
  ],
  ["no status", answer([message], { status: null }), text],
  [
    "counts as texts",
    answer([message], { usage: { input_tokens: "5", output_tokens: "2", total_tokens: "7" } }),
    { ...text, usage: [5, 2] },
  ],
  ["a call without ids", answer([without(call("f", '{"a":1}'), "id", "call_id")]), oneCall],
  ["a call without status", answer([without(call("f", '{"a":1}'), "status")]), oneCall],
  ["a call without arguments", answer([without(call("f", ""), "arguments")]), emptyCall],
  ["null for arguments", answer([call("f", null)]), emptyCall],
  ['arguments "null"', answer([call("f", "null")]), emptyCall],
  ["arguments that are an object", answer([call("f", { a: 1 })]), oneCall],
  ["arguments encoded twice", answer([call("f", JSON.stringify('{"a":1}'))]), oneCall],
];

/** Events with their numbers, from `first` on. */
const numbered = (list: readonly Members[], first = 0): readonly Members[] =>
  list.map((event, at) => ({ ...event, sequence_number: first + at }));
const start: readonly Members[] = ["response.created", "response.in_progress"].map((type) => ({
  type,
  response: { ...head, status: "in_progress" },
}));
const added = (output_index: number, item: Members): Members => ({
  type: "response.output_item.added",
  output_index,
  item,
});
const done = (output_index: number, item: Members): Members => ({
  type: "response.output_item.done",
  output_index,
  item,
});
const at: Members = { item_id: "i1", output_index: 0, content_index: 0 };
const part: Members = {
  type: "response.content_part.added",
  ...at,
  part: { type: "output_text", text: "", annotations: [] },
};
const said = (delta: string, where: Members = at): Members => ({
  type: "response.output_text.delta",
  ...where,
  delta,
});
const saidAll: Members = { type: "response.output_text.done", ...at, text: "ok" };
const partDone: Members = {
  type: "response.content_part.done",
  ...at,
  part: { type: "output_text", text: "ok", annotations: [] },
};
const completed = (output: Json, more: Members = {}): Members => ({
  type: "response.completed",
  response: { ...head, status: "completed", output, usage, ...more },
});
const open: Members = { ...message, status: "in_progress", content: [] };
const words = [
  start,
  added(0, open),
  part,
  said("o"),
  said("k"),
  saidAll,
  partDone,
  done(0, message),
].flat();
const begunCall = (name: string): Members => call(name, "", { status: "in_progress" });
const fed = (name: string, output_index: number, delta: Json): Members => ({
  type: "response.function_call_arguments.delta",
  item_id: `i_${name}`,
  output_index,
  delta,
});
const fedAll = (name: string, output_index: number, argumentsOf: Json): Members => ({
  type: "response.function_call_arguments.done",
  item_id: `i_${name}`,
  output_index,
  name,
  arguments: argumentsOf,
});
const calling = (name: string, index: number, json: string): readonly Members[] => [
  added(index, begunCall(name)),
  fed(name, index, json.slice(0, 2)),
  fed(name, index, json.slice(2)),
  fedAll(name, index, json),
  done(index, call(name, json)),
];
const called = [...start, ...calling("f", 0, '{"a":1}'), completed([call("f", '{"a":1}')])];
const each = (list: readonly Members[], ...keys: readonly string[]): readonly Members[] =>
  list.map((event) => without(event, ...keys));
const bare = (name: string, ...keys: readonly string[]): readonly Members[] => {
  const f = without(call(name, '{"a":1}'), ...keys);
  return [
    ...start,
    added(0, { ...f, arguments: "", status: "in_progress" }),
    fed(name, 0, '{"a":1}'),
    fedAll(name, 0, '{"a":1}'),
    done(0, f),
    completed([f]),
  ];
};

const streamed: readonly (readonly [title: string, frames: readonly Json[], expected: Expected])[] =
  [
    ["what OpenAI sends", numbered([...words, completed([message])]), text],
    ["no numbers of events", [...words, completed([message])], text],
    [
      "one number for all events",
      [...words, completed([message])].map((event) => ({ ...event, sequence_number: 0 })),
      text,
    ],
    ["no beginning of the response", numbered([...words.slice(2), completed([message])], 2), text],
    [
      "no beginning of the item",
      numbered([...start, said("o"), said("k"), done(0, message), completed([message])]),
      text,
    ],
    [
      "no beginning of the content",
      numbered([
        ...start,
        added(0, open),
        said("o"),
        said("k"),
        done(0, message),
        completed([message]),
      ]),
      text,
    ],
    [
      "deltas that name no item",
      numbered([
        ...start,
        added(0, open),
        part,
        said("o", {}),
        said("k", {}),
        done(0, message),
        completed([message]),
      ]),
      text,
    ],
    [
      "deltas with another id",
      numbered([
        ...start,
        added(0, open),
        part,
        said("o", { ...at, item_id: "x" }),
        said("k", { ...at, item_id: "y" }),
        done(0, message),
        completed([message]),
      ]),
      text,
    ],
    ["no numbers of items", numbered(each([...words, completed([message])], "output_index")), text],
    [
      "an item without id",
      numbered([
        ...start,
        added(0, without(open, "id")),
        said("ok", { output_index: 0 }),
        done(0, without(message, "id")),
        completed([without(message, "id")]),
      ]),
      text,
    ],
    [
      "content as a text at the end",
      numbered([
        ...start,
        added(0, { ...open, content: null }),
        said("ok"),
        done(0, { ...message, content: "ok" }),
        completed([{ ...message, content: "ok" }]),
      ]),
      text,
    ],
    [
      "no ends of items",
      numbered([...start, added(0, open), said("o"), said("k"), completed([])]),
      text,
    ],
    ["an end without output", numbered([...words, completed(null)]), text],
    ["no response.completed", numbered(words), text],
    ["no response.completed, but [DONE]", [...numbered(words), "[DONE]"], text],
    ["deltas and [DONE] alone", [said("o", {}), said("k", {}), "[DONE]"], text],
    ["cut within the words", numbered(words.slice(0, 5)), { fails: true }],
    [
      "cut behind reasoning",
      numbered([
        ...start,
        added(0, { type: "reasoning", id: "r", summary: [] }),
        done(0, { type: "reasoning", id: "r", summary: [] }),
      ]),
      { fails: true },
    ],
    [
      "counts as texts",
      numbered([
        ...words,
        completed([message], {
          usage: { input_tokens: "5", output_tokens: "2", total_tokens: "7" },
        }),
      ]),
      { ...text, usage: [5, 2] },
    ],
    ["a call", numbered(called), oneCall],
    ["a call without numbers of events", called, oneCall],
    ["a call without call_id", numbered(bare("f", "call_id")), oneCall],
    ["a call without id", numbered(each(bare("f", "id"), "item_id")), oneCall],
    [
      "a call without ids and status",
      numbered(each(bare("f", "id", "call_id", "status"), "item_id")),
      oneCall,
    ],
    [
      "a call without arguments",
      numbered([
        ...start,
        added(0, without(begunCall("f"), "arguments")),
        done(0, without(call("f", ""), "arguments")),
        completed([without(call("f", ""), "arguments")]),
      ]),
      emptyCall,
    ],
    [
      'arguments "null"',
      numbered([
        ...start,
        added(0, begunCall("f")),
        fed("f", 0, "null"),
        fedAll("f", 0, "null"),
        done(0, call("f", "null")),
        completed([call("f", "null")]),
      ]),
      emptyCall,
    ],
    [
      "arguments encoded twice",
      numbered([
        ...start,
        ...calling("f", 0, JSON.stringify('{"a":1}')),
        completed([call("f", JSON.stringify('{"a":1}'))]),
      ]),
      oneCall,
    ],
    [
      "arguments that are an object",
      numbered([
        ...start,
        added(0, begunCall("f")),
        fed("f", 0, { a: 1 }),
        fedAll("f", 0, { a: 1 }),
        done(0, call("f", { a: 1 })),
        completed([call("f", { a: 1 })]),
      ]),
      oneCall,
    ],
    [
      "deltas of arguments alone",
      numbered([
        ...start,
        added(0, begunCall("f")),
        fed("f", 0, '{"a":'),
        fed("f", 0, "1}"),
        completed([]),
      ]),
      oneCall,
    ],
    [
      "a call that comes whole",
      numbered([...start, done(0, call("f", '{"a":1}')), completed([call("f", '{"a":1}')])]),
      oneCall,
    ],
    [
      "one number for two items",
      numbered([
        ...start,
        ...calling("f", 0, '{"a":1}'),
        ...calling("g", 0, '{"b":2}'),
        completed([call("f", '{"a":1}'), call("g", '{"b":2}')]),
      ]),
      twoCalls,
    ],
  ];

/** Answers that deviate from the Responses API, and what every client must read of them. */
export const responsesDeviations: readonly DeviantAnswer[] = [
  ...unary.map(([title, script, expected]) => ({ title, script, stream: false, expected })),
  ...streamed.flatMap(([title, frames, expected]) => [
    { title, script: events(frames, true), stream: true, expected },
    { title: `${title}, no names of events`, script: events(frames), stream: true, expected },
  ]),
];
