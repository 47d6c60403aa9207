import { readdirSync, readFileSync } from "node:fs";
import { create, fromJson } from "@bufbuild/protobuf";
import { createValidator } from "@bufbuild/protovalidate";
import { describe, expect, it } from "vitest";
import { Modality, ModelFactsSchema } from "../../gen/parlance/model/v1/model_facts_pb.js";
import { createFactBook, readFactFile } from "../../src/composition/fact-book.ts";
import { printUsd } from "../../src/core/facts/nano-usd.ts";

function bookOf(models: object) {
  const reads: string[] = [];
  const bugs: unknown[] = [];
  const read = async (file: string) => {
    reads.push(file);
    return JSON.stringify({ sources: ["one 1", "two 2"], models });
  };
  return { book: createFactBook(read, (bug) => void bugs.push(bug)), reads, bugs };
}

const own = create(ModelFactsSchema, { maxOutputTokens: 7, sources: ["config"] });

describe("a book of facts", () => {
  it("tells where facts come from, and the config over them", async () => {
    const { book } = bookOf({ "gpt-9": [[1], { contextWindow: 100, maxOutputTokens: 50 }] });
    const asked = { kind: "openai", model: "gpt-9" };
    expect(await book.facts(asked)).toMatchObject({
      contextWindow: 100,
      maxOutputTokens: 50,
      sources: ["two 2"],
    });
    expect(await book.facts({ ...asked, own })).toMatchObject({
      contextWindow: 100,
      maxOutputTokens: 7,
      sources: ["two 2", "config"],
    });
  });

  it("knows nothing of other names, but what the config says", async () => {
    const { book } = bookOf({ "gpt-9": [[0], {}] });
    for (const model of ["gpt-9-mini", "gpt", "toString", "__proto__"]) {
      expect(await book.facts({ kind: "openai", model })).toBeUndefined();
      expect(await book.facts({ kind: "openai", model, own })).toEqual(own);
    }
  });

  it("tells no prices of a name that is only like the one asked for", async () => {
    const { book } = bookOf({
      "gpt-9": [[0], { contextWindow: 100, prices: { tokens: { input: "1" } } }],
    });
    const dated = await book.facts({ kind: "openai", model: "gpt-9-2026-01-01" });
    expect(dated).toMatchObject({ contextWindow: 100 });
    expect(dated?.prices).toBeUndefined();
  });

  it("reads a file once, when it is first asked for", async () => {
    const { book, reads } = bookOf({});
    expect(reads).toEqual([]);
    await book.facts({ kind: "openai", model: "a" });
    await book.facts({ kind: "openai", model: "b" });
    await book.maxOutput({ kind: "openai", model: "c" });
    expect(reads).toEqual(["openai"]);
    await book.facts({ kind: "openai_compatible", model: "a" });
    await book.facts({ kind: "anthropic", model: "a" });
    expect(reads).toEqual(["openai", "anthropic"]);
  });

  it("remembers the most output, so that the next call need not wait", async () => {
    const { book } = bookOf({ "gpt-9": [[0], { maxOutputTokens: 50 }] });
    for (const [model, bound] of [
      ["gpt-9", 50],
      ["other", undefined],
    ] as const) {
      const first = book.maxOutput({ kind: "openai", model });
      expect(first).toBeInstanceOf(Promise);
      expect(await first).toBe(bound);
      expect(book.maxOutput({ kind: "openai", model })).toBe(bound);
    }
  });

  it("takes the most output from the config without reading anything", () => {
    const { book, reads } = bookOf({});
    expect(book.maxOutput({ kind: "openai", model: "gpt-9", own })).toBe(7);
    expect(reads).toEqual([]);
  });

  it("gives no bound that leaves no room for a prompt", async () => {
    const { book } = bookOf({ "gpt-9": [[0], { contextWindow: 50, maxOutputTokens: 50 }] });
    expect(await book.maxOutput({ kind: "openai", model: "gpt-9" })).toBeUndefined();
  });

  for (const [title, read] of [
    ["cannot be read", () => Promise.reject(new Error("ENOENT"))],
    ["is not JSON", async () => "<html>"],
  ] as const) {
    it(`knows nothing from a file that ${title}, and tells it once`, async () => {
      const bugs: unknown[] = [];
      const book = createFactBook(read, (bug) => void bugs.push(bug));
      expect(await book.facts({ kind: "openai", model: "gpt-5" })).toBeUndefined();
      expect(await book.maxOutput({ kind: "openai", model: "gpt-5" })).toBeUndefined();
      expect(bugs).toHaveLength(1);
    });
  }
});

describe("the built-in data", () => {
  const book = createFactBook(readFactFile, (bug) => expect.unreachable(String(bug)));
  const { TEXT, IMAGE, PDF } = Modality;
  const cases: readonly (readonly [kind: string, model: string, expected: object])[] = [
    [
      "anthropic",
      "claude-sonnet-4-5",
      {
        ...{
          contextWindow: 200_000,
          maxOutputTokens: 64_000,
          tools: true,
          reasoning: true,
          promptCaching: true,
        },
        inputModalities: [TEXT, IMAGE, PDF],
        prices: {
          tokens: {
            ...{ input: 3_000_000_000n, output: 15_000_000_000n, cacheRead: 300_000_000n },
            ...{ cacheWrite: 3_750_000_000n, cacheWrite1h: 6_000_000_000n },
          },
        },
      },
    ],
    [
      "openai",
      "gpt-5",
      {
        contextWindow: 400_000,
        maxInputTokens: 272_000,
        maxOutputTokens: 128_000,
        structuredOutput: true,
      },
    ],
    [
      "gemini",
      "gemini-2.5-pro",
      { prices: { tiers: [{ aboveInputTokens: 200_000, tokens: { input: 2_500_000_000n } }] } },
    ],
    [
      "bedrock",
      "us.anthropic.claude-sonnet-4-5-20250929-v1:0",
      { maxOutputTokens: 64_000, tools: true },
    ],
    ["openrouter", "anthropic/claude-sonnet-4.5", { contextWindow: 1_000_000 }],
  ];
  for (const [kind, model, expected] of cases) {
    it(`know ${model} of ${kind}`, async () => {
      const facts = await book.facts({ kind, model });
      expect(facts).toMatchObject(expected);
      for (const source of facts?.sources ?? [])
        expect(source).toMatch(/^(models\.dev|@pydantic\/genai-prices) \S+/);
      expect(facts?.sources.length).toBeGreaterThan(0);
    });
  }

  it("obey the contract, every line of them", () => {
    const validator = createValidator();
    for (const name of readdirSync("gen/facts").filter((file) => file.endsWith(".json"))) {
      const { sources, models } = JSON.parse(readFileSync(`gen/facts/${name}`, "utf8"));
      for (const [model, [from, told]] of Object.entries<[number[], never]>(models)) {
        const result = validator.validate(ModelFactsSchema, fromJson(ModelFactsSchema, told));
        expect([name, model, result.kind, from.every((place) => place in sources)]).toEqual([
          name,
          model,
          "valid",
          true,
        ]);
      }
    }
  });

  it("say the very prices of models.dev where they are from there alone", () => {
    const bare = (decimal: string) =>
      decimal.includes(".") ? decimal.replace(/\.?0+$/, "") : decimal;
    const { providers } = JSON.parse(readFileSync("scripts/model-facts/models-dev.json", "utf8"));
    let compared = 0;
    for (const file of Object.keys(providers)) {
      const { models } = JSON.parse(readFileSync(`gen/facts/${file}.json`, "utf8"));
      for (const [model, [from, { prices }]] of Object.entries<
        [number[], { prices?: { tokens: { input?: string } } }]
      >(models)) {
        const nanoUsd = prices?.tokens.input;
        if (from.includes(1) || nanoUsd === undefined) continue;
        expect([file, model, bare(printUsd(BigInt(nanoUsd)))]).toEqual([
          file,
          model,
          bare(providers[file][model].cost.input),
        ]);
        compared += 1;
      }
    }
    expect(compared).toBeGreaterThan(500);
  });

  it("are those of the packages that are installed", () => {
    const { version } = JSON.parse(
      readFileSync("node_modules/@pydantic/genai-prices/package.json", "utf8"),
    );
    const { sources } = JSON.parse(readFileSync("gen/facts/openai.json", "utf8"));
    expect(sources).toContain(`@pydantic/genai-prices ${version}`);
  });
});
