import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ErrorReason } from "../../../gen/parlance/error/v1/error_reason_pb.js";
import { ollama as ollamaDialect } from "../../../src/adapters/ollama/index.ts";
import { JsonText } from "../../../src/json/json-text.ts";
import { vendorSide } from "../sides.ts";

const ollama = vendorSide(ollamaDialect);

const { passthrough } = ollama;

const options = { model: "vendor", stream: true, quirks: {} };

const requests: readonly (readonly [
  title: string,
  operation: "chat" | "embed",
  body: string,
  path: string,
  wanted: string,
])[] = [
  [
    "a chat",
    "chat",
    '{ "model" : "a",\n"messages":[],"options":{"seed":1.0} }',
    "/api/chat",
    '{ "model" : "vendor",\n"messages":[],"options":{"seed":1.0} }',
  ],
  [
    "a prompt",
    "chat",
    '{"model":"a","prompt":"b"}',
    "/api/generate",
    '{"model":"vendor","prompt":"b"}',
  ],
  ["texts", "embed", '{"model":"a","input":"b"}', "/api/embed", '{"model":"vendor","input":"b"}'],
  ["what is not JSON", "chat", "{", "/api/chat", "{"],
];

describe("the byte path of ollama", () => {
  for (const [title, operation, body, path, wanted] of requests) {
    it(`sends ${title} with no other edit than the model`, () => {
      const request = passthrough.request(operation, Buffer.from(body), options);
      expect([request.path, Buffer.from(request.body).toString()]).toEqual([path, wanted]);
    });
  }

  it("finds usage at the end of a whole answer", () => {
    const body =
      '{"message":{"content":"\\"eval_count\\":9"},"done":true,"prompt_eval_count":3,"eval_count":4}';
    expect(passthrough.scanUsage("chat", new JsonText(Buffer.from(body)))).toMatchObject({
      inputTokens: 3n,
      outputTokens: 4n,
    });
    expect(
      passthrough.scanUsage("chat", new JsonText(Buffer.from('{"done":true}'))),
    ).toBeUndefined();
  });

  const seen: readonly (readonly [
    title: string,
    line: string,
    ended: boolean,
    output: bigint | undefined,
  ])[] = [
    [
      "text",
      '{"message":{"content":"\\"done\\":true, \\"error\\""},"done":false}',
      false,
      undefined,
    ],
    ["the last line", '{"message":{},"done":true,"eval_count":4}', true, 4n],
    ["the last line with blanks", '{ "done" : true , "eval_count" : 4 }', true, 4n],
    ["an empty line", "", false, undefined],
  ];
  for (const [title, line, ended, output] of seen) {
    it(`hands ${title} on`, () => {
      const watch = passthrough.watch(false);
      const result = watch.see({ event: "", data: Buffer.from(line) });
      expect([result.forward, result.usage?.outputTokens, watch.ended()]).toEqual([
        true,
        output,
        ended,
      ]);
    });
  }

  it("sees a failure in the middle", () => {
    const { forward, fault } = passthrough
      .watch(false)
      .see({ event: "", data: Buffer.from('{"error":"no"}') });
    expect([forward, fault?.reason]).toEqual([false, ErrorReason.UPSTREAM_INTERNAL]);
  });
});

describe("garbage", () => {
  const junk = fc.jsonValue({ maxDepth: 3 });
  const places = [
    (value: unknown) => value,
    (value: unknown) => ({ message: value, done: value }),
    (value: unknown) => ({
      message: { content: value, thinking: value, images: [value], tool_calls: value },
    }),
    (value: unknown) => ({ message: { tool_calls: [{ id: value, function: value }] }, done: true }),
    (value: unknown) => ({
      message: { tool_calls: [{ function: { name: value, arguments: value } }] },
      done: true,
    }),
    (value: unknown) => ({
      response: value,
      logprobs: [value],
      done: true,
      done_reason: value,
      eval_count: value,
    }),
    (value: unknown) => ({
      response: "",
      logprobs: [{ bytes: [value], top_logprobs: value }],
      created_at: value,
    }),
    (value: unknown) => ({ embeddings: value, embedding: value, error: value }),
  ];

  it("in any place of an answer is a value, never a throw", () => {
    fc.assert(
      fc.property(junk, fc.constantFrom(...places), (value, place) => {
        const text = JSON.stringify(place(value));
        const data = Buffer.from(text);
        ollama.decodeResponse(JSON.parse(text), data);
        ollama.embed?.decodeResponse(JSON.parse(text));
        expect(typeof ollama.decodeError(400, {}, data).message).toBe("string");
        ollama.passthrough.scanUsage("chat", new JsonText(data));
        ollama.passthrough.watch(false).see({ event: "", data });
        const step = ollama.decodeEvent(ollama.begin(), { event: "", data });
        if (step.ok) ollama.end(step.state);
      }),
    );
  });

  it("as bytes is a value, never a throw", () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 64 }),
        fc.integer({ min: 0, max: 999 }),
        (data, status) => {
          expect(typeof ollama.decodeError(status, {}, data).message).toBe("string");
          ollama.decodeEvent(ollama.begin(), { event: "", data });
          ollama.passthrough.watch(true).see({ event: "", data });
          ollama.passthrough.scanUsage("embed", new JsonText(data));
          ollama.passthrough.request("chat", data, options);
        },
      ),
    );
  });
});
