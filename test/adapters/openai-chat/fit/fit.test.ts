import { describe, expect, it } from "vitest";
import { FieldOutcome } from "../../../../gen/parlance/call/v1/call_report_pb.js";
import { openAiChat } from "../../../../src/adapters/openai-chat/index.ts";
import type { ChatQuirks } from "../../../../src/adapters/openai-chat/wire.ts";
import type { Fit } from "../../../../src/core/fidelity/fit.ts";
import { editTopLevel } from "../../../../src/json/edit.ts";

function fitOf(text: string, quirks: ChatQuirks): Fit | undefined {
  const origin = { body: Buffer.from(text), json: JSON.parse(text) };
  return openAiChat.passthrough.fit?.("chat", origin, { model: "m", stream: false, quirks });
}

const edits: readonly (readonly [
  title: string,
  quirks: ChatQuirks,
  body: string,
  fitted: string,
  report: readonly string[],
])[] = [
  [
    "renames the bound of tokens, its text as it was",
    {},
    '{"model" : "a", "max_completion_tokens" :1e2,\n"x":1.0 }',
    '{"model" : "a",\n"x":1.0,"max_tokens":1e2 }',
    [],
  ],
  [
    "lets the newer of two bounds win",
    {},
    '{"max_tokens":1,"max_completion_tokens":2}',
    '{"max_tokens":2}',
    [],
  ],
  [
    "lets the newer of two bounds win where it is the vendor's",
    { maxTokensField: "max_completion_tokens" },
    '{"max_tokens":1,"max_completion_tokens":2}',
    '{"max_completion_tokens":2}',
    [],
  ],
  ["renames the seed", { seedField: "random_seed" }, '{"seed":7}', '{"random_seed":7}', []],
  [
    "takes out what is null under a name that the vendor has not",
    {},
    '{"max_completion_tokens":null}',
    "{}",
    [],
  ],
  [
    "takes out knobs that the vendor has not",
    { unsupported: ["user", "store"], parallelToolCalls: false, extendedSampling: false },
    '{"user":"u","store":true,"parallel_tool_calls":false,"top_k":1,"min_p":null,"y":"\\u00e9"}',
    '{"y":"\\u00e9"}',
    ["user DROPPED", "store DROPPED", "parallel_tool_calls DROPPED", "sampling.top_k DROPPED"],
  ],
  [
    "loses nothing by what the vendor does anyway",
    { unsupported: ["store", "modalities", "n", "metadata"] },
    '{"store":false,"modalities":["text"],"n":1,"metadata":{}}',
    "{}",
    ["store MAPPED", "modalities MAPPED", "n MAPPED"],
  ],
  [
    "sends a vendor that lists what it takes nothing else that clients know",
    { takes: ["temperature"] },
    '{"temperature":1,"verbosity":"low","prompt_cache_retention":"24h","own":1}',
    '{"temperature":1,"own":1}',
    ["verbosity DROPPED", 'extras_json["openai-chat"].prompt_cache_retention DROPPED'],
  ],
  [
    "leaves options of streams to vendors that know them",
    { streamUsage: false },
    '{"stream":true,"stream_options":{"include_usage":true}}',
    '{"stream":true}',
    [],
  ],
  [
    "makes the developer the system, and touches nothing else of the messages",
    {},
    '{"messages":[ {"role" : "developer","content":"\\u00e9"} , {"role":"user","content":"x"}]}',
    '{"messages":[{"role" : "system","content":"\\u00e9"},{"role":"user","content":"x"}]}',
    ["messages[0].role MAPPED"],
  ],
  [
    "takes names and empty members out of messages where the vendor refuses them",
    { messagesTake: [] },
    '{"messages":[{"role":"user","name":"bob","content":"x"},{"role":"assistant","content":"y","refusal":null,"annotations":[]}]}',
    '{"messages":[{"role":"user","content":"x"},{"role":"assistant","content":"y"}]}',
    ["messages[0].name DROPPED"],
  ],
];

const assistant = (members: string): string =>
  `{"messages":[{"role":"user","content":"x"},{"role":"assistant",${members}}]}`;
const picture = (url: string): string =>
  `{"messages":[{"role":"user","content":[{"type":"image_url","image_url":{"url":"${url}"}}]}]}`;
const content = (part: string): string => `{"messages":[{"role":"user","content":[${part}]}]}`;
const marked =
  '{"messages":[{"role":"user","content":[{"type":"text","text":"x","cache_control":{"type":"ephemeral"}}]}]}';

const ways: readonly (readonly [title: string, quirks: ChatQuirks, body: string, fit: Fit])[] = [
  [
    "a body that the vendor takes",
    { developerRole: true, maxTokensField: "max_completion_tokens" },
    '{"model":"a","messages":[{"role":"developer","content":"x"}],"max_completion_tokens":1,"own":[]}',
    "as_is",
  ],
  [
    "reasoning in the vendor's field",
    {},
    assistant('"content":"","reasoning_content":"T"'),
    "as_is",
  ],
  ["reasoning in another field", {}, assistant('"content":"","reasoning":"T"'), "encoded"],
  [
    "reasoning for a vendor that takes none",
    { reasoningField: "none" },
    assistant('"reasoning_content":"T"'),
    "encoded",
  ],
  [
    "signed reasoning",
    {},
    assistant('"content":"","thinking_blocks":[{"signature":"S"}]'),
    "encoded",
  ],
  [
    "details for a vendor that takes them back",
    { reasoningField: "reasoning", reasoningDetails: true },
    assistant('"content":"","reasoning_details":[{}]'),
    "as_is",
  ],
  [
    "the proof of a call",
    {},
    assistant('"tool_calls":[{"id":"a","extra_content":{"google":{}}}]'),
    "encoded",
  ],
  [
    "an id that the vendor refuses",
    { toolIds: "nine" },
    assistant('"tool_calls":[{"id":"call_1"}]'),
    "encoded",
  ],
  [
    "the id of a result that the vendor refuses",
    { toolIds: "nine" },
    '{"messages":[{"role":"tool","tool_call_id":"call_1","content":""}]}',
    "encoded",
  ],
  ["a refusal for a vendor without", { messagesTake: [] }, assistant('"refusal":"No."'), "encoded"],
  ["a cache mark for a vendor that refuses it", { messagesTake: [] }, marked, "encoded"],
  ["a cache mark for any other", {}, marked, "as_is"],
  [
    "a cache mark of a tool for a vendor that refuses it",
    { takes: ["tools"] },
    '{"tools":[{"type":"function","cache_control":{"type":"ephemeral"}}]}',
    "encoded",
  ],
  ["other words for thinking", { takes: [] }, '{"thinking":{"type":"disabled"}}', "encoded"],
  [
    "a schema for a vendor that enforces none",
    { jsonSchema: false },
    '{"response_format":{"type":"json_schema"}}',
    "translated",
  ],
  [
    "several answers of a vendor that gives one",
    { severalAnswers: false },
    '{"n":2}',
    "translated",
  ],
  ["one answer of it", { severalAnswers: false }, '{"n":1}', "as_is"],
  [
    "a picture by address for a vendor that takes bytes",
    { imageUrls: false },
    picture("http://a/b.png"),
    "translated",
  ],
  ["its bytes", { imageUrls: false }, picture("data:image/png;base64,AA=="), "as_is"],
  ["a picture under a wrong name", {}, picture("data:image/jpg;base64,AA=="), "encoded"],
  [
    "a file by its address",
    {},
    content('{"type":"file","file":{"file_data":"https://a/b"}}'),
    "translated",
  ],
  [
    "a file by its bytes",
    {},
    content('{"type":"file","file":{"file_data":"data:a/b;base64,AA=="}}'),
    "as_is",
  ],
  [
    "sound by its address",
    {},
    content('{"type":"input_audio","input_audio":{"data":"https://a/b","format":"wav"}}'),
    "translated",
  ],
];

describe("a body for a vendor that takes a part of the dialect", () => {
  for (const [title, quirks, body, wanted, report] of edits) {
    it(title, () => {
      const fit = fitOf(body, quirks);
      if (typeof fit !== "object") throw new Error(`the body is ${fit}`);
      const told = fit.report.map(({ field, outcome }) => `${field} ${FieldOutcome[outcome]}`);
      const fitted = editTopLevel(fit.body, fit.edits ?? {}) ?? fit.body;
      expect([Buffer.from(fitted).toString(), told]).toEqual([wanted, report]);
    });
  }

  for (const [title, quirks, body, wanted] of ways) {
    it(`with ${title} is ${wanted}`, () => {
      expect(fitOf(body, quirks)).toBe(wanted);
    });
  }
});
