import { request as httpRequest } from "node:http";
import Anthropic from "@anthropic-ai/sdk";
import OpenAI from "openai";
import { describe, expect, it } from "vitest";
import { startTinyVendor } from "./tiny.ts";

const messages = [{ role: "user" as const, content: "hi" }];

describe("the tiny vendor", () => {
  it("answers the official OpenAI client with the text it was told to send", async () => {
    const vendor = await startTinyVendor({ chunks: 7, chunkSize: 11 });
    const client = new OpenAI({ apiKey: "k", baseURL: `${vendor.url}/v1`, maxRetries: 0 });
    const whole = await client.chat.completions.create({ model: "m", messages });
    expect(whole.choices[0]?.message.content).toBe("x".repeat(77));
    const texts: string[] = [];
    for await (const chunk of await client.chat.completions.create({
      model: "m",
      messages,
      stream: true,
    })) {
      const text = chunk.choices[0]?.delta.content ?? "";
      if (text !== "") texts.push(text);
    }
    expect(texts).toEqual(Array.from({ length: 7 }, () => "x".repeat(11)));
    await vendor.close();
  });

  it("answers the official Anthropic client with the text it was told to send", async () => {
    const vendor = await startTinyVendor({ dialect: "anthropic", chunks: 3, chunkSize: 5 });
    const client = new Anthropic({ apiKey: "k", baseURL: vendor.url, maxRetries: 0 });
    const params = { model: "m", max_tokens: 9, messages };
    expect((await client.messages.create(params)).content).toMatchObject([
      { text: "x".repeat(15) },
    ]);
    expect(await client.messages.stream(params).finalText()).toBe("x".repeat(15));
    await vendor.close();
  });

  it("sees that a stream is asked for wherever the body is cut, and can send it in one write", async () => {
    const vendor = await startTinyVendor({ burst: true, chunks: 2, chunkSize: 1 });
    const body = `{"model":"m","messages":[],"stream":true,"n":1}`;
    for (let cut = 1; cut < body.length; cut += 1) {
      const reply = await new Promise<string>((resolve, reject) => {
        const request = httpRequest(
          `${vendor.url}/v1/chat/completions`,
          { method: "POST" },
          (response) => {
            response
              .setEncoding("utf8")
              .toArray()
              .then((texts) => resolve(texts.join("")), reject);
          },
        );
        request.once("error", reject);
        request.write(body.slice(0, cut), () => setImmediate(() => request.end(body.slice(cut))));
      });
      expect(reply.endsWith("data: [DONE]\n\n")).toBe(true);
    }
    await vendor.close();
  });
});
