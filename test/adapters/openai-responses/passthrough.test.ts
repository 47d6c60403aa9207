import { describe, expect, it } from "vitest";
import { ErrorReason } from "../../../gen/parlance/error/v1/error_reason_pb.js";
import { openAiResponses } from "../../../src/adapters/openai-responses/index.ts";
import { sealCall } from "../../../src/adapters/shared/sealed-reasoning.ts";
import type { Frame } from "../../../src/core/dialect.ts";

const { passthrough } = openAiResponses;
const options = { model: "gpt-real", stream: false, quirks: {} };

function frame(event: string, data: string): Frame {
  return { event, data: Buffer.from(data) };
}

const completed =
  '{"type":"response.completed","response":{"output":[{"text":"\\"usage\\":{}"}],"service_tier":"flex","usage":{"input_tokens":3,"output_tokens":4}}}';

describe("a request that passes through", () => {
  it("changes the model and nothing else", () => {
    const body = Buffer.from('{ "model" : "alias", "input":"hi", "x": 1.0 }');
    const sent = passthrough.request("chat", body, options);
    expect(sent).toMatchObject({ method: "POST", path: "/responses" });
    expect(String(Buffer.from(sent.body as Uint8Array))).toBe(
      '{ "model" : "gpt-real", "input":"hi", "x": 1.0 }',
    );
    expect(passthrough.request("count_tokens", body, options).path).toBe("/responses/input_tokens");
  });
});

describe("a request that goes on with reasoning of another dialect", () => {
  it("leaves out what was sealed for the client, and keeps every other byte", () => {
    const sealed = sealCall({ toolCallId: "c", signature: "S" });
    const item = `{"type":"reasoning","id":"rs","summary":[],"encrypted_content":"${sealed}"}`;
    const own = '{ "type":"reasoning","id":"rs_1","encrypted_content":"gAAA" }';
    const said = '{"role":"user","content":"\\"parlance.\\" é"}';
    const sent = (input: string) =>
      String(
        Buffer.from(
          passthrough.request(
            "chat",
            Buffer.from(`{"model":"a","input":${input} ,"x":1.0}`),
            options,
          ).body as Uint8Array,
        ),
      );
    expect(sent(`[${item},${own}, ${item} ,${said}]`)).toBe(
      `{"model":"gpt-real","input":[${own},${said}] ,"x":1.0}`,
    );
    expect(sent(`[ ${said} , {"encrypted_content":"parlance.no"} ]`)).toBe(
      `{"model":"gpt-real","input":[ ${said} , {"encrypted_content":"parlance.no"} ] ,"x":1.0}`,
    );
    expect(sent('"parlance."')).toBe('{"model":"gpt-real","input":"parlance." ,"x":1.0}');
  });
});

describe("an answer that passes by", () => {
  it("tells its usage", () => {
    const body = Buffer.from(
      '{"id":"x","usage":{"input_tokens":1,"output_tokens":2},"service_tier":"default","user":null}',
    );
    expect(passthrough.scanUsage("chat", body)).toMatchObject({
      inputTokens: 1n,
      outputTokens: 2n,
      serviceTier: "default",
    });
    expect(passthrough.scanUsage("chat", Buffer.from("<html>"))).toBeUndefined();
  });

  const named = ["response.completed", "response.incomplete"];
  for (const event of named) {
    it(`ends with ${event}, with its usage, with and without the event's name`, () => {
      for (const name of [event, ""]) {
        const watch = passthrough.watch(false);
        expect(
          watch.see(
            frame(
              name && "response.output_text.delta",
              '{"type":"response.output_text.delta","delta":"response.completed"}',
            ),
          ),
        ).toEqual({ forward: true });
        expect(watch.ended()).toBe(false);
        const seen = watch.see(frame(name, completed.replace("response.completed", event)));
        expect(seen).toMatchObject({
          forward: true,
          usage: { inputTokens: 3n, outputTokens: 4n, serviceTier: "flex" },
        });
        expect(watch.ended()).toBe(true);
      }
    });
  }

  it("that fails is handed on with the fault, and has not ended", () => {
    const failed =
      '{"type":"response.failed","response":{"error":{"code":"rate_limit_exceeded","message":"m"},"usage":{"input_tokens":1}}}';
    const watch = passthrough.watch(false);
    expect(watch.see(frame("response.failed", failed))).toMatchObject({
      forward: true,
      fault: { reason: ErrorReason.UPSTREAM_RATE_LIMITED },
      usage: { inputTokens: 1n },
    });
    expect(watch.see(frame("", '{"error":{"message":"m"}}'))).toMatchObject({
      fault: { message: "m" },
    });
    expect(watch.see(frame("error", "no json"))).toMatchObject({
      fault: { reason: ErrorReason.UPSTREAM_INTERNAL },
    });
    expect(watch.ended()).toBe(false);
  });
});
