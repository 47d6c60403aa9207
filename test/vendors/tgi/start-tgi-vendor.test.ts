import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { JsonObject } from "../json-value.ts";
import { unicodeText } from "../plan-answer.ts";
import type { Vendor } from "../start-vendor-server.ts";
import { startTgiVendor } from "./start-tgi-vendor.ts";
import { validateGenerate } from "./validate-generate.ts";

describe("the simulated Text Generation Inference", () => {
  let vendor: Vendor;
  beforeAll(async () => {
    vendor = await startTgiVendor();
  });
  afterAll(() => vendor.close());

  const post = (path: string, inputs: string, parameters: JsonObject = {}) =>
    fetch(`${vendor.url}${path}`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ inputs, parameters }),
    });

  it.each([
    ["a prompt as it is", "say x-text"],
    [
      "the last words of the user",
      "System: Be brief.\nUser: no\nAssistant: no\nUser: say x-text\nAssistant:",
    ],
  ])("echoes %s", async (_, inputs) => {
    const reply = await post("/generate", inputs);
    expect(await reply.json()).toMatchObject({
      generated_text: "You said: say x-text",
      details: { finish_reason: "eos_token", generated_tokens: 5, prefill: [] },
    });
  });

  it("streams tokens, the last with the whole text", async () => {
    const text = await (await post("/generate_stream", "x-unicode")).text();
    const frames = text
      .split("\n\n")
      .flatMap((frame) => (frame === "" ? [] : [JSON.parse(frame.slice(5))]));
    expect(frames.map(({ token }) => (token.special ? "" : token.text)).join("")).toBe(unicodeText);
    expect(frames.at(-1)).toMatchObject({
      generated_text: unicodeText,
      details: { input_length: 3 },
    });
    expect(frames.slice(0, -1).every(({ generated_text }) => generated_text === null)).toBe(true);
  });

  it.each([
    ["x-e400", 422, "validation"],
    ["x-e500", 424, "generation"],
    ["x-e529", 429, "overloaded"],
  ])("fails for %s", async (inputs, status, type) => {
    const reply = await post("/generate", inputs);
    expect(reply.status).toBe(status);
    expect(await reply.json()).toMatchObject({ error_type: type });
  });

  it("cuts a prompt into tokens", async () => {
    expect(await (await post("/tokenize", "one two")).json()).toHaveLength(2);
  });
});

describe("validateGenerate", () => {
  const faults: readonly (readonly [title: string, body: JsonObject, says: RegExp])[] = [
    ["no prompt", { parameters: {} }, /missing field `inputs`/],
    ["an empty prompt", { inputs: "" }, /^`inputs` cannot be empty/],
    ["a member of another dialect", { inputs: "x", model: "m" }, /unknown field `model`/],
    [
      "a temperature of 0",
      { inputs: "x", parameters: { temperature: 0 } },
      /^`temperature` must be strictly positive/,
    ],
    ["a top_p of 1", { inputs: "x", parameters: { top_p: 1 } }, /^`top_p` must be/],
    ["a top_k of 0", { inputs: "x", parameters: { top_k: 0 } }, /^`top_k` must be/],
    ["five stops", { inputs: "x", parameters: { stop: ["a", "b", "c", "d", "e"] } }, /Given: 5$/],
    [
      "a grammar without properties",
      { inputs: "x", parameters: { grammar: { type: "json", value: { type: "object" } } } },
      /must have a 'properties' field/,
    ],
  ];
  for (const [title, body, says] of faults) {
    it(`refuses ${title}`, () => {
      expect(validateGenerate(body, false)?.message).toMatch(says);
    });
  }
});
