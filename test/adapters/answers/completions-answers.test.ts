import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type RunningGateway, startGateway } from "../../../src/serve.ts";
import { type ScriptedVendor, startScriptedVendor, whole } from "./start-scripted-vendor.ts";

const choice = { text: "well", index: 0, logprobs: null, finish_reason: "stop" };
const usage = { prompt_tokens: 3, completion_tokens: 1, total_tokens: 4 };
const good = {
  id: "c",
  object: "text_completion",
  created: 1,
  model: "m",
  choices: [choice],
  usage,
};

/** What clients of legacy completions read of an answer. */
interface Read {
  readonly text: string;
  readonly index: number;
  readonly finish_reason: string;
  readonly total_tokens: number;
}

describe("an answer of legacy completions", () => {
  let vendor: ScriptedVendor;
  let gateway: RunningGateway;
  beforeAll(async () => {
    vendor = await startScriptedVendor();
    gateway = await startGateway({
      port: 0,
      config: `providers: { openai: { kind: openai, base_url: "${vendor.url}/v1", api_key: { value: k } } }`,
    });
  });
  afterAll(async () => {
    await gateway.close();
    await vendor.close();
  });

  const ask = async () => {
    const response = await fetch(`${gateway.url}/v1/completions`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ model: "openai/gpt-3.5-turbo-instruct", prompt: "hi" }),
    });
    return { status: response.status, text: await response.text() };
  };

  const wanted: Read = { text: "well", index: 0, finish_reason: "stop", total_tokens: 4 };
  const { index: _, ...withoutIndex } = choice;
  const counts = { prompt_tokens: "3", completion_tokens: "1", total_tokens: "4" };
  const cases: readonly (readonly [title: string, answer: object, read: Read])[] = [
    [
      "a reason of another dialect",
      { ...good, choices: [{ ...choice, finish_reason: "end_turn" }] },
      wanted,
    ],
    ["no reason", { ...good, choices: [{ ...choice, finish_reason: null }] }, wanted],
    ["no index", { ...good, choices: [withoutIndex] }, wanted],
    ["no text", { ...good, choices: [{ ...choice, text: null }] }, { ...wanted, text: "" }],
    ["counts that are texts", { ...good, usage: counts }, wanted],
  ];
  for (const [title, answer, read] of cases)
    it(`is made readable where it has ${title}`, async () => {
      vendor.answer(whole(JSON.parse(JSON.stringify(answer))));
      const { status, text } = await ask();
      expect(status, text).toBe(200);
      const { choices, usage: told } = JSON.parse(text);
      expect({ ...choices[0], ...told }).toMatchObject(read);
    });

  it("passes as it is where nothing is wrong", async () => {
    const script = whole({ ...good, x: 1 });
    vendor.answer(script);
    expect(await ask()).toEqual({ status: 200, text: script.body });
  });
});
