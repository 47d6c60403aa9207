import Anthropic from "@anthropic-ai/sdk";
import OpenAI from "openai";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { startAnthropicVendor } from "./anthropic/start-anthropic-vendor.ts";
import { startOpenAiVendor } from "./openai/start-openai-vendor.ts";
import { unicodeText } from "./plan-answer.ts";
import type { Vendor } from "./start-vendor-server.ts";

/** One vendor and its official client, reduced to what the faults need. */
interface Bench {
  readonly start: () => Promise<Vendor>;
  readonly unary: (url: string, model: string, signal?: AbortSignal) => Promise<string>;
  readonly stream: (
    url: string,
    model: string,
    onText: (text: string) => void,
    signal?: AbortSignal,
  ) => Promise<void>;
  readonly errorOfStream: new (...args: never[]) => Error;
}

const openAi = (url: string) =>
  new OpenAI({ apiKey: "k", baseURL: `${url}/v1`, maxRetries: 0, logLevel: "off" });
const anthropic = (url: string) =>
  new Anthropic({ apiKey: "k", baseURL: url, maxRetries: 0, logLevel: "off" });
const messages = [{ role: "user" as const, content: "one two three four five six" }];

const benches: readonly (readonly [string, Bench])[] = [
  [
    "OpenAI",
    {
      start: startOpenAiVendor,
      unary: async (url, model, signal) => {
        const reply = await openAi(url).chat.completions.create({ model, messages }, { signal });
        return reply.choices[0]?.message.content ?? "";
      },
      stream: async (url, model, onText, signal) => {
        const chunks = await openAi(url).chat.completions.create(
          { model, messages, stream: true },
          { signal },
        );
        for await (const chunk of chunks) onText(chunk.choices[0]?.delta.content ?? "");
        if (signal?.aborted) throw new Error("aborted");
      },
      errorOfStream: OpenAI.APIError,
    },
  ],
  [
    "Anthropic",
    {
      start: startAnthropicVendor,
      unary: async (url, model, signal) => {
        const reply = await anthropic(url).messages.create(
          { model, messages, max_tokens: 9 },
          { signal },
        );
        return reply.content
          .flatMap((block) => (block.type === "text" ? [block.text] : []))
          .join("");
      },
      stream: async (url, model, onText, signal) => {
        const events = await anthropic(url).messages.create(
          { model, messages, max_tokens: 9, stream: true },
          { signal },
        );
        for await (const event of events) {
          if (event.type === "content_block_delta" && event.delta.type === "text_delta")
            onText(event.delta.text);
        }
        if (signal?.aborted) throw new Error("aborted");
      },
      errorOfStream: Anthropic.APIError,
    },
  ],
];

describe.each(benches)(
  "a fault of the simulated %s",
  (_, { start, unary, stream, errorOfStream }) => {
    let vendor: Vendor;
    beforeAll(async () => {
      vendor = await start();
    });
    beforeEach(() => vendor.reset());
    afterAll(() => vendor.close());

    const ignore = () => undefined;

    it("cuts a reply before its head", async () => {
      await expect(unary(vendor.url, "x-cut-before")).rejects.toThrow();
      await expect(stream(vendor.url, "x-cut-before", ignore)).rejects.toThrow();
    });

    it("cuts a unary reply in the middle of its body", async () => {
      await expect(unary(vendor.url, "x-cut")).rejects.toThrow();
    });

    it("cuts a stream after some text", async () => {
      let text = "";
      const reading = stream(vendor.url, "x-cut", (piece) => {
        text += piece;
      });
      await expect(reading).rejects.toThrow();
      expect(text).not.toBe("");
      expect(`You said: ${messages[0]?.content}`.startsWith(text)).toBe(true);
      expect(text).not.toBe(`You said: ${messages[0]?.content}`);
    });

    it("cuts a stream after as many frames as it is told", async () => {
      for (const [afterFrames, expected] of [
        [4, 1],
        [8, 5],
      ] as const) {
        vendor.next({ name: "cut", afterFrames: afterFrames });
        const texts: string[] = [];
        await expect(
          stream(vendor.url, "m", (piece) => void (piece !== "" && texts.push(piece))),
        ).rejects.toThrow();
        // OpenAI sends one frame before the text, Anthropic three.
        expect([expected, expected + 2]).toContain(texts.length);
      }
    });

    it("reports an error within a stream", async () => {
      let text = "";
      const reading = stream(vendor.url, "x-midstream-error", (piece) => {
        text += piece;
      });
      await expect(reading).rejects.toBeInstanceOf(errorOfStream);
      expect(text).not.toBe("");
      await expect(unary(vendor.url, "x-midstream-error")).rejects.toMatchObject({ status: 500 });
    });

    it("sends a frame that is not JSON", async () => {
      await expect(stream(vendor.url, "x-malformed", ignore)).rejects.toThrow();
      await expect(unary(vendor.url, "x-malformed")).rejects.toThrow();
    });

    it("sends no body at all", async () => {
      const texts: string[] = [];
      await stream(vendor.url, "x-empty", (piece) => texts.push(piece)).catch(ignore);
      expect(texts).toEqual([]);
      await expect(unary(vendor.url, "x-empty")).rejects.toThrow();
    });

    it("sees the client go while it hangs in a stream", async () => {
      const leave = new AbortController();
      const reading = stream(
        vendor.url,
        "x-hang",
        (piece) => piece !== "" && leave.abort(),
        leave.signal,
      );
      const failure = reading.catch((error: unknown) => error);
      await vendor.waitForAbort();
      expect(await failure).toBeInstanceOf(Error);
    });

    it.each(["x-hang", "x-hang-before"])(
      "sees the client go while it hangs in %s",
      async (model) => {
        for (const call of [
          unary,
          (url: string, name: string, signal: AbortSignal) => stream(url, name, ignore, signal),
        ]) {
          const leave = new AbortController();
          const arrived = vendor.waitForRequests(vendor.requests.length + 1);
          const calling = call(vendor.url, model, leave.signal).catch((error: unknown) => error);
          await arrived;
          leave.abort();
          await vendor.requests.at(-1)?.aborted;
          expect(await calling).toBeInstanceOf(Error);
        }
      },
    );

    it("counts no abort when it ends or cuts a reply itself", async () => {
      await unary(vendor.url, "x-text");
      await unary(vendor.url, "x-cut").catch(ignore);
      await stream(vendor.url, "x-cut", ignore).catch(ignore);
      const silent = Symbol("no abort");
      const seen = await Promise.race([
        vendor.waitForAbort(),
        unary(vendor.url, "x-text").then(() => silent),
      ]);
      expect(seen).toBe(silent);
    });

    it("keeps a text whole for every size of write", async () => {
      for (const writeBytes of [1, 2, 3, 7, 64]) {
        vendor.next({ name: "unicode", writeBytes });
        let text = "";
        await stream(vendor.url, "m", (piece) => {
          text += piece;
        });
        expect(text).toBe(unicodeText);
      }
    });

    it("follows the queue, then the model's name, then the default", async () => {
      vendor.setDefault({ name: "text", text: "by default" });
      vendor.next({ name: "text", text: "queued first" });
      vendor.next("e500");
      expect(await unary(vendor.url, "x-unicode")).toBe("queued first");
      await expect(unary(vendor.url, "x-unicode")).rejects.toMatchObject({ status: 500 });
      expect(await unary(vendor.url, "x-unicode")).toBe(unicodeText);
      expect(await unary(vendor.url, "other")).toBe("by default");
      vendor.reset();
      expect(await unary(vendor.url, "other")).toMatch(/^You said: /);
      expect(vendor.requests).toHaveLength(1);
    });
  },
);
