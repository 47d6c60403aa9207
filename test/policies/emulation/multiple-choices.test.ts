import OpenAI from "openai";
import { describe, expect, it, onTestFinished } from "vitest";
import { startAnthropicVendor } from "../../vendors/anthropic/start-anthropic-vendor.ts";
import { startOpenAiVendor } from "../../vendors/openai/start-openai-vendor.ts";
import { startGateway, type TestGateway } from "./start-gateway.ts";

const messages = [{ role: "user", content: "Say it" }] as const;

async function start() {
  const vendor = await startAnthropicVendor({ apiKey: "k" });
  const spare = await startOpenAiVendor({ apiKey: "k" });
  onTestFinished(() => vendor.close());
  onTestFinished(() => spare.close());
  const gateway = await startGateway({
    providers: {
      claude: { kind: "anthropic", base_url: vendor.url, api_key: { value: "k" } },
      spare: { kind: "openai", base_url: `${spare.url}/v1`, api_key: { value: "k" } },
    },
    models: [
      {
        name: "both",
        targets: [{ model: "claude/claude-sonnet-4-5" }],
        fallbacks: ["spare/gpt-5-mini"],
      },
    ],
  });
  return { vendor, spare, gateway, client: clientOf(gateway) };
}

function clientOf({ url }: TestGateway): OpenAI {
  return new OpenAI({ baseURL: `${url}/v1`, apiKey: "any", maxRetries: 0 });
}

const model = "claude/claude-sonnet-4-5";

describe("several answers of a vendor that gives one a call", () => {
  it("are asked for at once and come as the choices of one answer, with the sum of what they took", async () => {
    const { vendor, gateway, client } = await start();
    const one = await client.chat.completions.create({ model, messages: [...messages] });
    const { data, response } = await client.chat.completions
      .create({ model, n: 3, messages: [...messages] })
      .withResponse();
    expect(data.choices.map(({ index, message }) => [index, message.content])).toEqual([
      [0, "You said: Say it"],
      [1, "You said: Say it"],
      [2, "You said: Say it"],
    ]);
    expect(data.usage?.prompt_tokens).toBe(3 * (one.usage?.prompt_tokens ?? 0));
    expect(data.usage?.completion_tokens).toBe(3 * (one.usage?.completion_tokens ?? 0));
    expect(response.headers.get("x-parlance-fidelity")).toContain("n=EMULATED");
    expect(vendor.requests).toHaveLength(4);
    for (const { json } of vendor.requests) expect(json).not.toHaveProperty("n");
    const records = await gateway.recorded(2);
    expect(records[1]).toMatchObject({ fault: undefined, callerGone: false });
    expect(records[1]?.attempts).toHaveLength(1);
    expect(Number(records[1]?.usage?.inputTokens)).toBe(data.usage?.prompt_tokens);
    expect(gateway.bugs).toEqual([]);
  });

  it("stream as the choices of one stream, usage once at the end", async () => {
    const { gateway, client } = await start();
    const stream = await client.chat.completions.create({
      model,
      n: 4,
      stream: true,
      stream_options: { include_usage: true },
      messages: [...messages],
    });
    const texts = new Map<number, string>();
    const finished: number[] = [];
    const usages: (number | undefined)[] = [];
    for await (const chunk of stream) {
      if (chunk.usage !== undefined && chunk.usage !== null)
        usages.push(chunk.usage.completion_tokens);
      for (const { index, delta, finish_reason } of chunk.choices) {
        texts.set(index, (texts.get(index) ?? "") + (delta.content ?? ""));
        if (finish_reason !== null) finished.push(index);
      }
    }
    expect([...texts].toSorted()).toEqual([0, 1, 2, 3].map((index) => [index, "You said: Say it"]));
    expect(finished.toSorted()).toEqual([0, 1, 2, 3]);
    expect(usages).toHaveLength(1);
    const [record] = await gateway.recorded(1);
    expect(Number(record?.usage?.outputTokens)).toBe(usages[0]);
    expect(gateway.bugs).toEqual([]);
  });

  it("fall back together when one fails before it begins, and the others are cancelled", async () => {
    const { vendor, spare, gateway, client } = await start();
    vendor.next("hang-before");
    vendor.next("e529");
    const { choices } = await client.chat.completions.create({
      model: "both",
      n: 2,
      messages: [...messages],
    });
    expect(choices).toHaveLength(2);
    await vendor.waitForAbort();
    expect(vendor.requests).toHaveLength(2);
    expect(spare.requests).toHaveLength(1);
    const [record] = await gateway.recorded(1);
    expect(
      record?.attempts.map(({ target, fault }) => [target.provider, fault === undefined]),
    ).toEqual([
      ["claude", false],
      ["spare", true],
    ]);
  });

  it("break together when one stream breaks, with the truth and without an end", async () => {
    const { vendor, gateway, client } = await start();
    vendor.next("hang");
    vendor.next("midstream-error");
    const stream = await client.chat.completions.create({
      model,
      n: 2,
      stream: true,
      messages: [...messages],
    });
    const read = async () => {
      for await (const _ of stream);
    };
    await expect(read()).rejects.toThrow();
    await vendor.waitForAbort();
    const [record] = await gateway.recorded(1);
    expect(record?.fault).toBeDefined();
    expect(record?.callerGone).toBe(false);
    expect(gateway.bugs).toEqual([]);
  });

  it("are all cancelled when the caller leaves", async () => {
    const { vendor, gateway, client } = await start();
    vendor.setDefault("hang");
    const stream = await client.chat.completions.create({
      model,
      n: 3,
      stream: true,
      messages: [...messages],
    });
    for await (const _ of stream) break;
    await Promise.all(vendor.requests.map(({ aborted }) => aborted));
    expect(vendor.requests).toHaveLength(3);
    const [record] = await gateway.recorded(1);
    expect(record).toMatchObject({ callerGone: true });
    expect(gateway.bugs).toEqual([]);
  });

  it("are refused beyond sixteen, before any is asked for", async () => {
    const { vendor, client } = await start();
    await expect(
      client.chat.completions.create({ model, n: 17, messages: [...messages] }),
    ).rejects.toMatchObject({
      status: 400,
      message: expect.stringContaining("n: 17 choices are more than the 16"),
    });
    expect(vendor.requests).toHaveLength(0);
  });
});
