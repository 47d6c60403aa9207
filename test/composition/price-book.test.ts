import { create } from "@bufbuild/protobuf";
import { describe, expect, it } from "vitest";
import { PricesSchema } from "../../gen/parlance/model/v1/model_facts_pb.js";
import { createPriceBook } from "../../src/composition/price-book.ts";
import { loadConfig } from "../../src/config/loading/load-config.ts";

const listed = {
  prices: create(PricesSchema, {
    tokens: { input: 1_000_000_000n, output: 4_000_000_000n },
    thousandRequests: 100n,
  }),
  sources: ["models.dev"],
};

const openai = { provider: "openai", model: "gpt-5-mini" };
const other = { provider: "azure", model: "gpt-5-mini" };

/** The book of a config with these entries of `prices`, at a time. */
function bookOf(prices: string, at: { ms: number } = { ms: 0 }) {
  const text = `
providers:
  openai: { kind: openai, api_key: { value: k } }
  azure: { kind: openai_compatible, base_url: "http://127.0.0.1:1/v1" }
prices:
${prices}
`;
  const loaded = loadConfig({ text, filename: "prices.yaml" }, {}, () => "");
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.violations));
  const { settings } = loaded;
  return createPriceBook({ rules: settings.prices, listed: () => listed, wallMs: () => at.ms });
}

describe("a price book", () => {
  it("gives list prices with their source and a version where nothing is configured", async () => {
    const book = bookOf('  - { target: azure/*, discount_percent: "5" }');
    const entry = await book.entry(openai);
    expect(entry.prices?.tokens).toMatchObject({ input: 1_000_000_000n });
    expect(entry).toMatchObject({ source: "models.dev" });
    expect(entry.version).toMatch(/^[0-9a-f]{16}$/);
  });

  it("takes discounts, uplifts and margins exactly, one on the other", async () => {
    const book = bookOf(`
  - { target: openai/*, discount_percent: "10", uplift_percent: "10" }
  - { target: openai/gpt-5-mini, margin_percent: "2.5" }`);
    const entry = await book.entry(openai);
    // 0.9 x 1.1 x 1.025 = 1.01475
    expect(entry.prices?.tokens).toMatchObject({ input: 1_014_750_000n, output: 4_059_000_000n });
    expect(entry.prices?.thousandRequests).toBe(101n);
    expect(entry.source).toBe("models.dev, config");
    expect((await book.entry(other)).prices?.tokens?.input).toBe(1_000_000_000n);
  });

  it("takes own prices before percentages, and later ones over earlier ones", async () => {
    const book = bookOf(`
  - { target: openai/*, discount_percent: "50", prices: { tokens: { input: "2" } } }
  - { target: openai/gpt*, prices: { tokens: { input: "3" } } }`);
    expect((await book.entry(openai)).prices?.tokens).toMatchObject({
      input: 1_500_000_000n,
      output: 2_000_000_000n,
    });
  });

  it("changes its prices and their version when an entry comes into force and ends", async () => {
    const at = { ms: Date.UTC(2026, 10, 30, 23, 59, 59, 999) };
    const book = bookOf(
      '  - { target: openai/*, since: 2026-12-01, until: "2026-12-02T00:00:00+01:00", discount_percent: "50" }',
      at,
    );
    const before = await book.entry(openai);
    at.ms += 1;
    const within = await book.entry(openai);
    at.ms = Date.UTC(2026, 11, 1, 23);
    const after = await book.entry(openai);
    const inputs = [before, within, after].map(({ prices }) => prices?.tokens?.input);
    expect(inputs).toEqual([1_000_000_000n, 500_000_000n, 1_000_000_000n]);
    expect(within.version).not.toBe(before.version);
    expect(after.version).toBe(before.version);
  });
});
