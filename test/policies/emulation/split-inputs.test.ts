import OpenAI from "openai";
import { describe, expect, it } from "vitest";
import { startGateway } from "./start-gateway.ts";
import { type ShapedVendor, sendJson, startShapedVendor } from "./start-shaped-vendor.ts";

/**
 * Bedrock's Titan takes one text:
 * https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters-titan-embed-text.html.
 */
function titan(failAt = ""): Promise<ShapedVendor> {
  return startShapedVendor(({ body }, response) => {
    const { inputText } = JSON.parse(body) as { inputText: string };
    if (inputText === failAt) sendJson(response, { message: "no" }, 400);
    else sendJson(response, { embedding: [Number(inputText), 0.5], inputTextTokenCount: 2 });
  });
}

const bedrock = (url: string) => ({
  kind: "bedrock",
  base_url: url,
  api_key: { value: "k" },
  aws: { region: "us-east-1" },
});

async function start(vendor: ShapedVendor, provider: object) {
  const gateway = await startGateway({ providers: { v: provider } });
  const client = new OpenAI({ baseURL: `${gateway.url}/v1`, apiKey: "any", maxRetries: 0 });
  return { vendor, gateway, client };
}

const numbers = (count: number) => Array.from({ length: count }, (_, at) => String(at));

describe("inputs beyond what the vendor embeds in one call", () => {
  it("are sent in several calls, some at once, and come back in order with the sum of what they took", async () => {
    const vendor = await titan();
    const { gateway, client } = await start(vendor, bedrock(vendor.url));
    const { data, response } = await client.embeddings
      .create({
        model: "v/amazon.titan-embed-text-v2:0",
        input: numbers(30),
        encoding_format: "float",
      })
      .withResponse();
    expect(data.data.map(({ index, embedding }) => [index, embedding[0]])).toEqual(
      numbers(30).map((text) => [Number(text), Number(text)]),
    );
    expect(data.usage.prompt_tokens).toBe(60);
    expect(response.headers.get("x-parlance-fidelity")).toContain("inputs=EMULATED");
    expect(vendor.seen).toHaveLength(30);
    expect(vendor.mostOpen()).toBeLessThanOrEqual(8);
    const [record] = await gateway.recorded(1);
    expect(record?.attempts).toHaveLength(1);
    expect(record?.usage?.inputTokens).toBe(60n);
    expect(gateway.bugs).toEqual([]);
  });

  it("fail together when one call fails, and no more are begun", async () => {
    const vendor = await titan("3");
    const { gateway, client } = await start(vendor, bedrock(vendor.url));
    const asked = client.embeddings.create({
      model: "v/amazon.titan-embed-text-v2:0",
      input: numbers(500),
    });
    await expect(asked).rejects.toMatchObject({ status: 400 });
    expect(vendor.seen.length).toBeLessThan(100);
    const [record] = await gateway.recorded(1);
    expect(record?.fault?.provider).toBe("v");
  });

  it("are refused where they would take too many calls, before any", async () => {
    const vendor = await titan();
    const { client } = await start(vendor, bedrock(vendor.url));
    const asked = client.embeddings.create({
      model: "v/amazon.titan-embed-text-v2:0",
      input: numbers(2049),
    });
    await expect(asked).rejects.toMatchObject({
      status: 400,
      message: expect.stringContaining("send fewer"),
    });
    expect(vendor.seen).toHaveLength(0);
  });

  const limits: readonly (readonly [kind: string, model: string, count: number, calls: number])[] =
    [
      ["dashscope", "text-embedding-v4", 25, 3],
      ["dashscope", "text-embedding-v4", 10, 1],
      ["openai", "text-embedding-3-small", 2049, 2],
      ["openai", "text-embedding-3-small", 2048, 1],
    ];
  for (const [kind, model, count, calls] of limits) {
    it(`are split as ${kind} needs it, also for a caller of its own dialect: ${count} inputs in ${calls} calls`, async () => {
      const vendor = await startShapedVendor(({ body }, response) => {
        const { input } = JSON.parse(body) as { input: string | string[] };
        const texts = typeof input === "string" ? [input] : input;
        const data = texts.map((text, index) => ({
          object: "embedding",
          index,
          embedding: [Number(text)],
        }));
        sendJson(response, {
          object: "list",
          data,
          model,
          usage: { prompt_tokens: texts.length, total_tokens: texts.length },
        });
      });
      const { client } = await start(vendor, {
        kind,
        base_url: `${vendor.url}/v1`,
        api_key: { value: "k" },
      });
      const { data, usage } = await client.embeddings.create({
        model: `v/${model}`,
        input: numbers(count),
        encoding_format: "float",
      });
      expect(data.map(({ index, embedding }) => [index, embedding[0]])).toEqual(
        numbers(count).map((text) => [Number(text), Number(text)]),
      );
      expect(usage.prompt_tokens).toBe(count);
      expect(vendor.seen).toHaveLength(calls);
    });
  }
});
