import { describe, expect, it } from "vitest";
import { ErrorReason } from "../../../gen/parlance/error/v1/error_reason_pb.js";
import { openAiResponses } from "../../../src/adapters/openai-responses/index.ts";
import { sealCall } from "../../../src/adapters/shared/sealed-reasoning.ts";
import type { Frame } from "../../../src/core/dialect.ts";
import type { Fit } from "../../../src/core/fidelity/fit.ts";
import { JsonText } from "../../../src/json/json-text.ts";

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

describe("a request that goes on with reasoning", () => {
  const seal = sealCall({ toolCallId: "c", signature: "S" });
  const bodies: readonly (readonly [title: string, input: unknown, fit: Fit])[] = [
    ["of another dialect", [{ type: "reasoning", encrypted_content: seal }], "encoded"],
    ["of its own", [{ type: "reasoning", encrypted_content: "gAAA" }], "as_is"],
    ["that is no seal", [{ encrypted_content: "parlance.no" }], "as_is"],
    ["in words", "parlance.", "as_is"],
    ["and an unfit id", [{ type: "function_call", call_id: "c".repeat(65) }], "encoded"],
  ];
  for (const [title, input, wanted] of bodies) {
    it(`${title} is ${wanted}`, () => {
      const text = JSON.stringify({ model: "a", input });
      const origin = { body: Buffer.from(text), json: JSON.parse(text) };
      expect(passthrough.fit?.("chat", origin, options)).toBe(wanted);
    });
  }
});

describe("an answer that passes by", () => {
  it("tells its usage", () => {
    const body = Buffer.from(
      '{"id":"x","usage":{"input_tokens":1,"output_tokens":2},"service_tier":"default","user":null}',
    );
    expect(passthrough.scanUsage("chat", new JsonText(body))).toMatchObject({
      inputTokens: 1n,
      outputTokens: 2n,
      serviceTier: "default",
    });
    expect(passthrough.scanUsage("chat", new JsonText(Buffer.from("<html>")))).toBeUndefined();
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
        ).toMatchObject({ forward: true });
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
