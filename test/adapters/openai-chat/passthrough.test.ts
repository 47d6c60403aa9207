import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ErrorReason } from "../../../gen/parlance/error/v1/error_reason_pb.js";
import { openAiChat } from "../../../src/adapters/openai-chat/index.ts";
import { JsonText } from "../../../src/json/json-text.ts";

const { passthrough } = openAiChat;

function sent(body: string, stream: boolean, quirks = {}): string {
  return Buffer.from(
    passthrough.request("chat", Buffer.from(body), { model: "vendor", stream, quirks }).body,
  ).toString();
}

const edits: readonly (readonly [
  title: string,
  body: string,
  stream: boolean,
  quirks: object,
  wanted: string,
])[] = [
  ["the model", '{ "model" : "a",\n"x":1.0 }', false, {}, '{ "model" : "vendor",\n"x":1.0 }'],
  [
    "the request for usage",
    '{"model":"a","stream":true}',
    true,
    {},
    '{"model":"vendor","stream":true,"stream_options":{"include_usage":true}}',
  ],
  [
    "a refusal of usage",
    '{"model":"a","stream":true,"stream_options":{ "include_usage":false, "y":1 }}',
    true,
    {},
    '{"model":"vendor","stream":true,"stream_options":{ "include_usage":true, "y":1 }}',
  ],
  [
    "nothing of earlier reasoning elsewhere",
    '{"model":"a","messages":[{"role":"assistant","content":"x","reasoning_content":"hm","thinking_blocks":[{}]}]}',
    false,
    {},
    '{"model":"vendor","messages":[{"role":"assistant","content":"x","reasoning_content":"hm","thinking_blocks":[{}]}]}',
  ],
  [
    "no usage where the vendor refuses that",
    '{"model":"a","stream":true}',
    true,
    { streamUsage: false },
    '{"model":"vendor","stream":true}',
  ],
];

describe("the byte path of openai-chat", () => {
  for (const [title, body, stream, quirks, wanted] of edits) {
    it(`edits ${title}`, () => {
      expect(sent(body, stream, quirks)).toBe(wanted);
    });
  }

  it("keeps every other byte of a request", () => {
    const member = fc.constantFrom(
      '"n":12345678901234567890',
      '"u":"\\u00e9\\/"',
      '"d":{ "a":1,\t"a":2 }',
      '"f":1.0e5',
      '"z" : [ ]',
    );
    fc.assert(
      fc.property(
        fc.array(member, { maxLength: 4 }),
        fc.array(member, { maxLength: 4 }),
        (before, after) => {
          const text = (model: string) =>
            `{ ${[...before, `"model" :"${model}"`, ...after].join(" ,\n")} }`;
          expect(sent(text("mine"), false)).toBe(text("vendor"));
        },
      ),
    );
  });

  it("finds usage at the end of a whole answer", () => {
    const body = Buffer.from(
      '{"choices":[{"message":{"content":"\\"usage\\":{}"}}],"usage":{"prompt_tokens":3,"completion_tokens":4},"x":1}',
    );
    expect(passthrough.scanUsage("chat", new JsonText(body))).toMatchObject({
      inputTokens: 3n,
      outputTokens: 4n,
    });
    expect(
      passthrough.scanUsage("chat", new JsonText(Buffer.from('{"choices":[]}'))),
    ).toBeUndefined();
  });

  const text =
    '{"id":"c","choices":[{"index":0,"delta":{"content":"say \\"usage\\": {}"},"finish_reason":null}],"usage":null}';
  const finish = '{"id":"c","choices":[{"index":0,"delta":{},"finish_reason": "stop"}]}';
  const usage = '{"id":"c","choices":[],"usage":{"prompt_tokens":3,"completion_tokens":4}}';
  const both =
    '{"id":"c","choices":[{"index":0,"delta":{},"finish_reason":"stop"}],"usage":{"prompt_tokens":3}}';

  const seen: readonly (readonly [
    title: string,
    frame: string,
    wants: boolean,
    forward: boolean,
    input: bigint | undefined,
  ])[] = [
    ["hands text on", text, false, true, undefined],
    ["takes the usage chunk away where nobody asked for it", usage, false, false, 3n],
    ["hands the usage chunk on where the client asked for it", usage, true, true, 3n],
    ["hands usage beside choices on, whoever asked", both, false, true, 3n],
    ["hands the end mark on", "[DONE]", false, true, undefined],
  ];
  for (const [title, frame, wants, forward, input] of seen) {
    it(title, () => {
      const result = passthrough.watch(wants).see({ event: "", data: Buffer.from(frame) });
      expect([result.forward, result.usage?.inputTokens, result.fault]).toEqual([
        forward,
        input,
        undefined,
      ]);
    });
  }

  for (const [title, frames, ended] of [
    ["[DONE]", [text, "[DONE]"], true],
    ["a finish", [text, finish], true],
    ["neither", [text, usage], false],
  ] as const) {
    it(`sees the end of a stream by ${title}`, () => {
      const watch = passthrough.watch(false);
      for (const frame of frames) watch.see({ event: "", data: Buffer.from(frame) });
      expect(watch.ended()).toBe(ended);
    });
  }

  it("sees a failure in the middle", () => {
    const watch = passthrough.watch(false);
    const { forward, fault } = watch.see({
      event: "",
      data: Buffer.from('{"error":{"message":"no","code":429}}'),
    });
    expect([forward, fault?.reason]).toEqual([false, ErrorReason.UPSTREAM_RATE_LIMITED]);
    expect(
      watch.see({ event: "", data: Buffer.from('{"choices":[],"error":null}') }).fault,
    ).toBeUndefined();
  });
});

describe("a whole answer that clients cannot read", () => {
  const answer = (choice: object) =>
    JSON.stringify({ id: "c1", choices: [choice], usage: { prompt_tokens: 1 } });
  const call = (members: object) => ({
    message: { content: null, tool_calls: [{ type: "function", ...members }] },
  });
  const rows: readonly (readonly [title: string, body: string, readable: boolean])[] = [
    [
      "an answer of the dialect passes",
      answer({ message: { content: "Zü" }, finish_reason: "stop" }),
      true,
    ],
    [
      "words that look like members pass",
      answer({ message: { content: '"id": "", "arguments": {' }, finish_reason: "stop" }),
      true,
    ],
    [
      "a whole answer without a reason of the finish does not",
      answer({ message: { content: "Zü" }, finish_reason: null }),
      false,
    ],
    [
      "an empty reason of the finish does not",
      answer({ message: { content: "Zü" }, finish_reason: "" }),
      false,
    ],
    [
      "a call with an empty id does not",
      answer(call({ id: "", function: { name: "f", arguments: "{}" } })),
      false,
    ],
    [
      "a call with a null id does not",
      answer({ tool_calls: [{ id: null, type: "function" }] }),
      false,
    ],
    [
      "arguments that are an object do not",
      answer(call({ id: "a", function: { name: "f", arguments: { a: 1 } } })),
      false,
    ],
  ];
  for (const [title, body, readable] of rows) {
    it(title, () => {
      expect(openAiChat.passthrough.readable?.("chat", new JsonText(Buffer.from(body)), {})).toBe(
        readable,
      );
      expect(
        openAiChat.passthrough.readable?.(
          "moderate",
          new JsonText(Buffer.from(`{"flagged":1,${body.slice(1)}`)),
          {},
        ),
      ).toBe(true);
    });
  }

  it("a frame that says nothing in the dialect is passed on", () => {
    expect(
      openAiChat.passthrough.watch(true).see({ event: "", data: Buffer.from("null") }),
    ).toEqual({
      forward: true,
    });
  });
});
