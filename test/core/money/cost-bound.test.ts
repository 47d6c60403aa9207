import { create } from "@bufbuild/protobuf";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ChatSchema } from "../../../gen/parlance/chat/v1/chat_pb.js";
import { UsageSchema } from "../../../gen/parlance/chat/v1/usage_pb.js";
import { PricesSchema } from "../../../gen/parlance/model/v1/model_facts_pb.js";
import { priceUsage } from "../../../src/core/facts/price-usage.ts";
import { maximaOf } from "../../../src/core/money/call-maxima.ts";
import { costBound } from "../../../src/core/money/cost-bound.ts";
import { chat } from "../../../src/core/operation.ts";

/** The maxima of a call with this body, as a client of Chat Completions sends it. */
function maxima(json: Record<string, unknown>, message = create(ChatSchema)) {
  const origin = {
    dialect: "openai-chat",
    body: Buffer.from(JSON.stringify(json)),
    json: JSON.parse(JSON.stringify(json)),
    wantsUsage: false,
  } as const;
  return maximaOf({ origin, request: { operation: chat, stream: false, message: () => message } });
}

const unknownModel = { inputTokens: undefined, outputTokens: undefined };
const dollars = (usd: number) => BigInt(usd * 1_000_000_000);

describe("the maxima of a call", () => {
  it("are the bytes of its body and the bound on its answer", () => {
    const json = { messages: [{ role: "user", content: "hé" }], max_tokens: 7 };
    expect(maxima(json, create(ChatSchema, { maxOutputTokens: 7 }))).toMatchObject({
      inputTokens: Buffer.byteLength(JSON.stringify(json)),
      outputTokens: 7,
      answers: 1,
      requests: 1,
    });
    expect(maxima(json).outputTokens).toBeUndefined();
  });

  it("are as many prompts and answers as the call may be made of", () => {
    const one = maxima({ n: 3 }, create(ChatSchema, { maxOutputTokens: 7, n: 3 }));
    expect([one.inputTokens, one.outputTokens]).toEqual([3 * 7, 21]);
  });

  it("take files for what models take of them, and not for their bytes", () => {
    const png = Buffer.concat([Buffer.from("89504e470d0a1a0a", "hex"), Buffer.alloc(90_000, 7)]);
    const url = `data:image/png;base64,${png.toString("base64")}`;
    const seen = maxima({ image: url }).inputTokens;
    expect(seen).toBeGreaterThanOrEqual(6_000);
    expect(seen).toBeLessThan(6_100);
    const pdf = Buffer.concat([Buffer.from("%PDF-1.7"), Buffer.alloc(9_000, 7)]).toString("base64");
    expect(maxima({ file: { data: pdf } }).inputTokens).toBeGreaterThanOrEqual(pdf.length);
    const mp3 = Buffer.concat([Buffer.from("ID3"), Buffer.alloc(96_000, 7)]).toString("base64");
    expect(maxima({ audio: { data: mp3 } }).inputTokens).toBeLessThan(3_000);
    expect(maxima({ image_url: { url: "https://example.com/a.png" } }).inputTokens).toBeGreaterThan(
      6_000,
    );
  });
});

describe("the bound on the cost of a call", () => {
  const prices = create(PricesSchema, {
    tokens: {
      input: dollars(3),
      output: dollars(15),
      cacheWrite: dollars(4),
      cacheWrite1h: dollars(6),
    },
    tiers: [{ aboveInputTokens: 200, tokens: { input: dollars(6), output: dollars(22) } }],
    serviceTiers: [{ tier: "priority", percent: 200 }],
  });

  it("is unknown without prices, and knows the window and the answers of the model", () => {
    const call = maxima({ a: "x".repeat(93) });
    expect(costBound(undefined, call, unknownModel)).toBeUndefined();
    expect(costBound(create(PricesSchema), call, unknownModel)).toBeUndefined();
    expect(costBound(prices, call, unknownModel)).toBe(101 * 3_000 + 16_384 * 15_000);
    expect(costBound(prices, call, { inputTokens: 50, outputTokens: 10 })).toBe(
      50 * 3_000 + 150_000,
    );
  });

  it("counts what is dearer: long prompts, prompts that are stored, tiers of service", () => {
    const at = (json: Record<string, unknown>) =>
      costBound(prices, maxima(json), { inputTokens: undefined, outputTokens: 0 });
    const long = { a: "x".repeat(292) };
    expect(at(long)).toBe(300 * 6_000);
    const stored = { cache_control: { type: "ephemeral" } };
    expect(at(stored)).toBe(Buffer.byteLength(JSON.stringify(stored)) * 6_000);
    const tier = { service_tier: "priority" };
    expect(at(tier)).toBe(Buffer.byteLength(JSON.stringify(tier)) * 6_000);
  });

  it("is never passed by what a vendor may report within it", () => {
    const cost = fc.integer({ min: 0, max: 200 });
    fc.assert(
      fc.property(
        fc.record({
          text: fc.string({ maxLength: 300, unit: "binary" }),
          max: fc.integer({ min: 1, max: 5_000 }),
        }),
        fc.record({
          input: fc.double({ min: 0, max: 1, noNaN: true }),
          output: fc.double({ min: 0, max: 1, noNaN: true }),
          cached: cost,
        }),
        fc.record({ input: cost, output: cost, cacheRead: cost, reasoning: cost }),
        ({ text, max }, shares, tokens) => {
          const list = create(PricesSchema, {
            tokens: {
              input: dollars(tokens.input),
              output: dollars(tokens.output),
              cacheRead: dollars(Math.min(tokens.cacheRead, tokens.input)),
              outputReasoning: dollars(tokens.reasoning),
            },
          });
          const call = maxima(
            { text, max_tokens: max },
            create(ChatSchema, { maxOutputTokens: max }),
          );
          const inputTokens = BigInt(Math.floor(Buffer.byteLength(text) * shares.input));
          const outputTokens = BigInt(Math.floor(max * shares.output));
          const usage = create(UsageSchema, {
            inputTokens,
            outputTokens,
            cacheReadTokens: inputTokens / 2n,
            reasoningTokens: outputTokens / 2n,
          });
          const bound = costBound(list, call, unknownModel);
          expect(Number(priceUsage(usage, list))).toBeLessThanOrEqual(bound ?? -1);
        },
      ),
      { numRuns: 300 },
    );
  });
});
