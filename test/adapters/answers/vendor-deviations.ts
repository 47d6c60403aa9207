import type { Json } from "../../vendors/json-value.ts";
import type { DeviantAnswer, Expected } from "./chat-deviations.ts";
import { events, lines, type Script, whole } from "./start-scripted-vendor.ts";

type Members = { readonly [member: string]: Json };
type Row = readonly [title: string, script: Script, expected: Expected];

const text: Expected = { text: "ok", finish: "stop" };
const cutShort: Expected = { text: "ok", finish: "other" };
const failing: Expected = { fails: true };
const oneCall: Expected = { calls: [["f", '{"a":1}']], finish: "tool_calls" };
const emptyCall: Expected = { calls: [["f", "{}"]], finish: "tool_calls" };
const twoCalls: Expected = {
  calls: [
    ["f", '{"a":1}'],
    ["g", '{"b":2}'],
  ],
  finish: "tool_calls",
};
const rows = (stream: boolean, list: readonly Row[]): readonly DeviantAnswer[] =>
  list.map(([title, script, expected]) => ({ title, script, stream, expected }));

const cohereUsage = { tokens: { input_tokens: 3, output_tokens: 1 } };
const cohereAnswer = (message: Members, word: Json, usage: Json = cohereUsage): Script =>
  whole({ id: "c", message: { role: "assistant", ...message }, finish_reason: word, usage });
const cohereCall = (argumentsOf: Json, more: Members = {}): Json => ({
  id: "c1",
  type: "function",
  function: { name: "f", arguments: argumentsOf },
  ...more,
});
const cohereCalls = (...calls: readonly Json[]): Members => ({ tool_calls: calls });
const cohereText: Members = { content: [{ type: "text", text: "ok" }] };
const begun: Json = {
  type: "message-start",
  id: "c",
  delta: { message: { role: "assistant", content: [], tool_plan: "", tool_calls: [] } },
};
const ofMessage = (type: string, message: Json, more: Members = { index: 0 }): Json => ({
  type,
  ...more,
  delta: { message },
});
const contentStart = ofMessage("content-start", { content: { type: "text", text: "" } });
const said = (content: Json, more?: Members): Json => ofMessage("content-delta", { content }, more);
const contentEnd: Json = { type: "content-end", index: 0 };
const ended = (word: Json, usage: Json = cohereUsage): Json => ({
  type: "message-end",
  delta: { finish_reason: word, usage },
});
const words: readonly Json[] = [begun, contentStart, said({ text: "ok" }), contentEnd];
const callStart = (call: Json, more?: Members): Json =>
  ofMessage("tool-call-start", { tool_calls: call }, more);
const callDelta = (input: Json, more?: Members): Json =>
  ofMessage("tool-call-delta", { tool_calls: { function: { arguments: input } } }, more);
const callEnd = (more: Members = { index: 0 }): Json => ({ type: "tool-call-end", ...more });
const named = (...frames: readonly Json[]): Script => events(frames, true);

/** Answers that deviate from Cohere's dialect, and what every client must read of them. */
export const cohereDeviations: readonly DeviantAnswer[] = [
  ...rows(false, [
    ["content as a text", cohereAnswer({ content: "ok" }, "COMPLETE"), text],
    ["contents without type", cohereAnswer({ content: [{ text: "ok" }] }, "COMPLETE"), text],
    ["the reason stop", cohereAnswer(cohereText, "stop"), text],
    ["the reason complete", cohereAnswer(cohereText, "complete"), text],
    ["the reason length", cohereAnswer(cohereText, "length"), cutShort],
    ["the reason abort", cohereAnswer(cohereText, "abort"), failing],
    [
      "a call without id",
      cohereAnswer(cohereCalls(cohereCall('{"a":1}', { id: null })), "TOOL_CALL"),
      oneCall,
    ],
    [
      "arguments that are an object",
      cohereAnswer(cohereCalls(cohereCall({ a: 1 })), "TOOL_CALL"),
      oneCall,
    ],
    ["null for arguments", cohereAnswer(cohereCalls(cohereCall(null)), "TOOL_CALL"), emptyCall],
    ['arguments "null"', cohereAnswer(cohereCalls(cohereCall("null")), "TOOL_CALL"), emptyCall],
    [
      "arguments encoded twice",
      cohereAnswer(cohereCalls(cohereCall(JSON.stringify('{"a":1}'))), "TOOL_CALL"),
      oneCall,
    ],
    [
      "a call that ends as a plain answer",
      cohereAnswer(cohereCalls(cohereCall('{"a":1}')), "COMPLETE"),
      oneCall,
    ],
    [
      "counts as texts",
      cohereAnswer(cohereText, "COMPLETE", { tokens: { input_tokens: "5", output_tokens: "2" } }),
      { ...text, usage: [5, 2] },
    ],
  ]),
  ...rows(true, [
    ["what Cohere sends", named(...words, ended("COMPLETE")), text],
    ["no names of events", events([...words, ended("COMPLETE")]), text],
    [
      "content as a text",
      named(begun, contentStart, said("ok"), contentEnd, ended("COMPLETE")),
      text,
    ],
    [
      "content as a list",
      named(begun, contentStart, said([{ type: "text", text: "ok" }]), ended("COMPLETE")),
      text,
    ],
    ["no beginnings", named(said({ text: "o" }), said({ text: "k" }), ended("COMPLETE")), text],
    [
      "no numbers",
      named(
        begun,
        ofMessage("content-start", { content: { type: "text", text: "" } }, {}),
        said({ text: "ok" }, {}),
        { type: "content-end" },
        ended("COMPLETE"),
      ),
      text,
    ],
    ["the reason stop", named(...words, ended("stop")), text],
    ["the reason length", named(...words, ended("length")), cutShort],
    ["the reason abort", named(...words, ended("abort")), failing],
    ["no message-end", named(...words), failing],
    ["[DONE] for message-end", named(...words, "[DONE]"), text],
    [
      "a call",
      named(
        begun,
        callStart(cohereCall("")),
        callDelta('{"a"'),
        callDelta(":1}"),
        callEnd(),
        ended("TOOL_CALL"),
      ),
      oneCall,
    ],
    [
      "a call without id",
      named(
        begun,
        callStart(cohereCall("", { id: null })),
        callDelta('{"a":1}'),
        callEnd(),
        ended("TOOL_CALL"),
      ),
      oneCall,
    ],
    [
      "calls without numbers",
      named(
        begun,
        callStart(cohereCall(""), {}),
        callDelta('{"a":1}', {}),
        callEnd({}),
        ended("TOOL_CALL"),
      ),
      oneCall,
    ],
    [
      "calls as a list",
      named(
        begun,
        callStart([cohereCall("")]),
        callDelta('{"a":1}'),
        callEnd(),
        ended("TOOL_CALL"),
      ),
      oneCall,
    ],
    [
      "whole arguments at the beginning",
      named(begun, callStart(cohereCall({ a: 1 })), callEnd(), ended("TOOL_CALL")),
      oneCall,
    ],
    [
      "no arguments",
      named(begun, callStart(cohereCall(null)), callEnd(), ended("TOOL_CALL")),
      emptyCall,
    ],
    [
      "one number for two calls",
      named(
        begun,
        callStart(cohereCall("")),
        callDelta('{"a":1}'),
        callEnd(),
        callStart(cohereCall("", { id: "c2", function: { name: "g", arguments: "" } })),
        callDelta('{"b":2}'),
        callEnd(),
        ended("TOOL_CALL"),
      ),
      twoCalls,
    ],
    [
      "a call that ends as a plain answer",
      named(begun, callStart(cohereCall("")), callDelta('{"a":1}'), callEnd(), ended("COMPLETE")),
      oneCall,
    ],
    [
      "counts as texts",
      named(...words, ended("COMPLETE", { tokens: { input_tokens: "5", output_tokens: "2" } })),
      { ...text, usage: [5, 2] },
    ],
  ]),
];

const candidate = (parts: Json, word: Json = "STOP", more: Members = {}): Json => ({
  candidates: [{ content: { role: "model", parts }, finishReason: word, index: 0 }],
  usageMetadata: { promptTokenCount: 3, candidatesTokenCount: 1, totalTokenCount: 4 },
  ...more,
});
const okPart: Json = [{ text: "ok" }];
const calling = (call: Members): Json => [{ functionCall: { name: "f", ...call } }];
const geminiRows: readonly (readonly [string, Json, Expected])[] = [
  ["a call without args", candidate(calling({})), emptyCall],
  ["null for args", candidate(calling({ args: null })), emptyCall],
  ["args in a text", candidate(calling({ args: '{"a":1}' })), oneCall],
  ["args encoded twice", candidate(calling({ args: JSON.stringify('{"a":1}') })), oneCall],
  ['args "null"', candidate(calling({ args: "null" })), emptyCall],
  ["the reason stop", candidate(okPart, "stop"), text],
  ["the reason length", candidate(okPart, "length"), cutShort],
  ["the reason tool_calls", candidate(calling({ args: { a: 1 } }), "tool_calls"), oneCall],
  ["the reason abort", candidate(okPart, "abort"), failing],
  [
    "no number of the candidate",
    { candidates: [{ content: { role: "model", parts: okPart }, finishReason: "STOP" }] },
    text,
  ],
  [
    "no role",
    { candidates: [{ content: { parts: okPart }, finishReason: "STOP", index: 0 }] },
    text,
  ],
  [
    "counts as texts",
    candidate(okPart, "STOP", {
      usageMetadata: { promptTokenCount: "5", candidatesTokenCount: "2", totalTokenCount: "7" },
    }),
    { ...text, usage: [5, 2] },
  ],
];

/** Answers that deviate from Gemini's dialect, and what every client must read of them. */
export const geminiDeviations: readonly DeviantAnswer[] = [
  ...rows(false, [
    ...geminiRows.map(([title, json, expected]): Row => [title, whole(json), expected]),
    ["no candidates", whole({ candidates: [] }), failing],
  ]),
  ...rows(true, [
    ...geminiRows.map(([title, json, expected]): Row => [title, events([json]), expected]),
    [
      "a last frame without parts",
      events([
        candidate(okPart, null),
        { candidates: [{ content: { role: "model" }, finishReason: "STOP", index: 0 }] },
      ]),
      text,
    ],
    [
      "a last frame without content",
      events([
        { candidates: [{ content: { role: "model", parts: okPart }, index: 0 }] },
        { candidates: [{ finishReason: "STOP", index: 0 }] },
      ]),
      text,
    ],
    [
      "parts that are null",
      events([
        candidate(okPart, null),
        {
          candidates: [{ content: { role: "model", parts: null }, finishReason: "STOP", index: 0 }],
        },
      ]),
      text,
    ],
    ["no reason", events([candidate(okPart, null)]), failing],
    ["[DONE] for a reason", events([candidate(okPart, null), "[DONE]"]), text],
  ]),
];

const line = (message: Json, more: Members = {}): Json => ({
  model: "m",
  created_at: "2026-01-01T00:00:00Z",
  message,
  done: false,
  ...more,
});
const done: Members = {
  done: true,
  done_reason: "stop",
  prompt_eval_count: 3,
  eval_count: 1,
};
const assistant = (content: Json, more: Members = {}): Json => ({
  role: "assistant",
  content,
  ...more,
});
const ollamaCall = (argumentsOf: Json, more: Members = {}): Json =>
  assistant("", { tool_calls: [{ function: { name: "f", arguments: argumentsOf, ...more } }] });
const bare: Json = assistant("", { tool_calls: [{ function: { name: "f" } }] });
const ollamaRows: readonly (readonly [string, Json, Members, Expected])[] = [
  ["arguments in a text", ollamaCall('{"a":1}'), done, oneCall],
  ["arguments encoded twice", ollamaCall(JSON.stringify('{"a":1}')), done, oneCall],
  ["null for arguments", ollamaCall(null), done, emptyCall],
  ["a call without arguments", bare, done, emptyCall],
  ['arguments "null"', ollamaCall("null"), done, emptyCall],
  [
    "null for content",
    assistant(null, { tool_calls: [{ function: { name: "f", arguments: { a: 1 } } }] }),
    done,
    oneCall,
  ],
  ["content as a list", assistant([{ type: "text", text: "ok" }]), done, text],
  ["the reason length", assistant("ok"), { ...done, done_reason: "length" }, cutShort],
  ["the reason max_tokens", assistant("ok"), { ...done, done_reason: "max_tokens" }, cutShort],
  ["the reason end_turn", assistant("ok"), { ...done, done_reason: "end_turn" }, text],
  ["the reason abort", assistant("ok"), { ...done, done_reason: "abort" }, failing],
  [
    "counts as texts",
    assistant("ok"),
    { ...done, prompt_eval_count: "5", eval_count: "2" },
    { ...text, usage: [5, 2] },
  ],
];

/** Answers that deviate from Ollama's dialect, and what every client must read of them. */
export const ollamaDeviations: readonly DeviantAnswer[] = [
  ...rows(false, [
    ...ollamaRows.map(
      ([title, message, end, expected]): Row => [title, whole(line(message, end)), expected],
    ),
  ]),
  ...rows(true, [
    ...ollamaRows.map(
      ([title, message, end, expected]): Row => [
        title,
        lines([line(message, {}), line(assistant(""), end)]),
        expected,
      ],
    ),
    ["a last line with all", lines([line(assistant("ok"), done)]), text],
    ["a last line without message", lines([line(assistant("ok")), { model: "m", ...done }]), text],
    [
      "no lines but the last that say done",
      lines([{ model: "m", message: assistant("ok") }, line(assistant(""), done)]),
      text,
    ],
    ["no line that is done", lines([line(assistant("ok"))]), failing],
  ]),
];
