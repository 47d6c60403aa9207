import type { Json } from "../../vendors/json-value.ts";
import type { DeviantAnswer, Expected } from "./chat-deviations.ts";
import { awsEvents, type Script, whole } from "./start-scripted-vendor.ts";

type Members = { readonly [member: string]: Json };
type Event = readonly [event: string, json: Json];

const text: Expected = { text: "ok", finish: "stop" };
const oneCall: Expected = { calls: [["f", '{"a":1}']], finish: "tool_calls" };
const emptyCall: Expected = { calls: [["f", "{}"]], finish: "tool_calls" };

const usage = { inputTokens: 3, outputTokens: 1, totalTokens: 4 };
const answer = (content: Json, stopReason: Json, more: Members = {}): Script =>
  whole({
    output: { message: { role: "assistant", content } },
    stopReason,
    usage,
    metrics: { latencyMs: 1 },
    ...more,
  });
const said: Json = [{ text: "ok" }];
const called = (more: Members): Json => [
  { toolUse: { toolUseId: "c1", name: "f", input: { a: 1 }, ...more } },
];

const unary: readonly (readonly [title: string, script: Script, expected: Expected])[] = [
  ["what Bedrock sends", answer(said, "end_turn"), text],
  ["the reason stop", answer(said, "stop"), text],
  ["the reason length", answer(said, "length"), { text: "ok", finish: "other" }],
  ["the reason abort", answer(said, "abort"), { fails: true }],
  ["the reason tool_calls", answer(called({}), "tool_calls"), oneCall],
  ["a call that ends as a plain answer", answer(called({}), "end_turn"), oneCall],
  ["a call without id", answer(called({ toolUseId: null }), "tool_use"), oneCall],
  ["null for input", answer(called({ input: null }), "tool_use"), emptyCall],
  ["input in a text", answer(called({ input: '{"a":1}' }), "tool_use"), oneCall],
  [
    "counts as texts",
    answer(said, "end_turn", {
      usage: { inputTokens: "5", outputTokens: "2", totalTokens: "7" },
    }),
    { ...text, usage: [5, 2] },
  ],
];

const begun: Event = ["messageStart", { role: "assistant" }];
const at: Members = { contentBlockIndex: 0 };
const words = (where: Members = at): readonly Event[] => [
  begun,
  ["contentBlockDelta", { ...where, delta: { text: "ok" } }],
  ["contentBlockStop", where],
];
const start = (more: Members = {}, where: Members = at): Event => [
  "contentBlockStart",
  { ...where, start: { toolUse: { toolUseId: "c1", name: "f", ...more } } },
];
const fed = (input: Json, where: Members = at): Event => [
  "contentBlockDelta",
  { ...where, delta: { toolUse: { input } } },
];
const end = (stopReason: Json): readonly Event[] => [
  ["messageStop", { stopReason }],
  ["metadata", { usage, metrics: { latencyMs: 1 } }],
];
const stop: Event = ["contentBlockStop", at];

const streamed: readonly (readonly [
  title: string,
  frames: readonly Event[],
  expected: Expected,
])[] = [
  ["what Bedrock sends", [...words(), ...end("end_turn")], text],
  ["no numbers", [...words({}), ...end("end_turn")], text],
  ["the reason stop", [...words(), ...end("stop")], text],
  ["the reason length", [...words(), ...end("length")], { text: "ok", finish: "other" }],
  ["the reason abort", [...words(), ...end("abort")], { fails: true }],
  ["no messageStop", words(), { fails: true }],
  ["a call", [begun, start(), fed('{"a"'), fed(":1}"), stop, ...end("tool_use")], oneCall],
  [
    "a call without id",
    [begun, start({ toolUseId: null }), fed('{"a":1}'), stop, ...end("tool_use")],
    oneCall,
  ],
  [
    "a call without numbers",
    [begun, start({}, {}), fed('{"a":1}', {}), ["contentBlockStop", {}], ...end("tool_use")],
    oneCall,
  ],
  ["input that is an object", [begun, start(), fed({ a: 1 }), stop, ...end("tool_use")], oneCall],
  ["the reason tool_calls", [begun, start(), fed('{"a":1}'), stop, ...end("tool_calls")], oneCall],
  [
    "a call that ends as a plain answer",
    [begun, start(), fed('{"a":1}'), stop, ...end("end_turn")],
    oneCall,
  ],
];

/** Answers that deviate from Converse, and what every client must read of them. */
export const converseDeviations: readonly DeviantAnswer[] = [
  ...unary.map(([title, script, expected]) => ({ title, script, stream: false, expected })),
  ...streamed.map(([title, frames, expected]) => {
    return { title, script: awsEvents(frames), stream: true, expected };
  }),
];
