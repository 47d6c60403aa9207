import { describe, expect, it } from "vitest";
import { catalogRows, createCatalog } from "../../../src/adapters/catalog/catalog.ts";
import type { CatalogRow, ModelFamily } from "../../../src/adapters/catalog/catalog-row.ts";
import { checkCatalog } from "../../../src/adapters/catalog/check-catalog.ts";
import { endpointPath } from "../../../src/adapters/catalog/endpoint-path.ts";
import { openaiChatRow } from "../../../src/adapters/catalog/rows/openai-chat-row.ts";

const good = openaiChatRow({
  id: "good",
  name: "Good",
  baseUrl: "https://api.good.example/v1",
  credentialEnv: ["GOOD_API_KEY"],
  docs: "https://good.example/docs",
});

const family: ModelFamily = {
  models: /^x/,
  example: "x-1",
  dialect: "anthropic-messages",
  operations: ["chat"],
  quirks: {},
};

describe("the catalog", () => {
  it("has no problem in any row", () => {
    expect(checkCatalog(catalogRows)).toEqual([]);
  });

  it("covers more than a hundred vendors besides the kinds that name no vendor", () => {
    const vendors = catalogRows.filter((row) => row.credentialEnv.length > 0);
    expect(vendors.length).toBeGreaterThan(100);
  });

  // What people's configs depend on: a change here is a change to users, so it is spelled out.
  const addresses: readonly [id: string, chatUrl: string, auth: CatalogRow["auth"]][] = [
    ["openai", "https://api.openai.com/v1/chat/completions", "bearer"],
    ["anthropic", "https://api.anthropic.com/v1/messages", { header: "x-api-key" }],
    ["groq", "https://api.groq.com/openai/v1/chat/completions", "bearer"],
    ["mistral", "https://api.mistral.ai/v1/chat/completions", "bearer"],
    ["deepseek", "https://api.deepseek.com/chat/completions", "bearer"],
    ["xai", "https://api.x.ai/v1/chat/completions", "bearer"],
    ["together_ai", "https://api.together.xyz/v1/chat/completions", "bearer"],
    ["fireworks_ai", "https://api.fireworks.ai/inference/v1/chat/completions", "bearer"],
    ["openrouter", "https://openrouter.ai/api/v1/chat/completions", "bearer"],
    ["perplexity", "https://api.perplexity.ai/chat/completions", "bearer"],
    ["cerebras", "https://api.cerebras.ai/v1/chat/completions", "bearer"],
    ["zai", "https://api.z.ai/api/paas/v4/chat/completions", "bearer"],
    ["dashscope", "https://dashscope.aliyuncs.com/compatible-mode/v1/chat/completions", "bearer"],
    ["deepinfra", "https://api.deepinfra.com/v1/openai/chat/completions", "bearer"],
    ["github", "https://models.github.ai/inference/chat/completions", "bearer"],
    ["ollama", "http://localhost:11434/api/chat", "bearer"],
    ["sarvam", "https://api.sarvam.ai/v1/chat/completions", { header: "api-subscription-key" }],
    ["heroku", "https://us.inference.heroku.com/v1/chat/completions", "bearer"],
    ["gradient_ai", "https://inference.do-ai.run/v1/chat/completions", "bearer"],
    ["datarobot", "https://app.datarobot.com/api/v2/genai/llmgw/chat/completions", "bearer"],
    ["clarifai", "https://api.clarifai.com/v2/ext/openai/v1/chat/completions", "bearer"],
    ["bytez", "https://api.bytez.com/models/v2/openai/v1/chat/completions", "bearer"],
    ["crusoe", "https://api.inference.crusoecloud.com/v1/chat/completions", "bearer"],
    ["synthetic", "https://api.synthetic.new/openai/v1/chat/completions", "bearer"],
  ];
  for (const [id, chatUrl, auth] of addresses) {
    it(`calls ${id} at ${chatUrl}`, () => {
      const row = createCatalog().get(id);
      expect(row).toBeDefined();
      expect(`${row?.baseUrl}${row === undefined ? "" : endpointPath(row, "chat")}`).toBe(chatUrl);
      expect(row?.auth).toEqual(auth);
    });
  }

  it("says what endpoints of one dialect have in common and what a vendor does differently", () => {
    const catalog = createCatalog();
    expect(catalog.get("openai")?.quirks.maxTokensField).toBe("max_completion_tokens");
    expect(catalog.get("mistral")?.quirks).toMatchObject({
      seedField: "random_seed",
      streamUsage: false,
    });
    expect(catalog.get("openai_compatible")?.quirks).toMatchObject({
      maxTokensField: "max_tokens",
      developerRole: false,
    });
  });
});

/** As a row would come from data that no compiler has seen. */
const unknownDialect: CatalogRow = JSON.parse(JSON.stringify({ ...good, dialect: "nonesuch" }));

describe("checkCatalog", () => {
  const breaches: readonly [title: string, rows: readonly CatalogRow[], problem: string][] = [
    ["an id that is used twice", [good, good], "good: the id is used twice"],
    ["an id in capitals", [{ ...good, id: "Good" }], "Good: the id is not"],
    ["an empty name", [{ ...good, name: " " }], "good: the name is empty"],
    [
      "a base URL that ends in a slash",
      [{ ...good, baseUrl: "https://a.example/" }],
      "good: the base URL",
    ],
    ["a base URL that is none", [{ ...good, baseUrl: "a.example" }], "good: the base URL"],
    [
      "a base URL of another scheme",
      [{ ...good, baseUrl: "ftp://a.example/v1" }],
      "good: the base URL",
    ],
    [
      "a base URL with a query",
      [{ ...good, baseUrl: "https://a.example/v1?x=1" }],
      "good: the base URL",
    ],
    [
      "a version in the base URL of a dialect that appends it",
      [
        {
          ...good,
          dialect: "anthropic-messages",
          operations: ["chat"],
          baseUrl: "https://a.example/v1",
        },
      ],
      "good: the base URL",
    ],
    ["docs that are no URL", [{ ...good, docs: "the docs" }], "good: docs is not a URL"],
    [
      "an environment variable in small letters",
      [{ ...good, credentialEnv: ["key"] }],
      "good: a credential environment",
    ],
    [
      "a credential that nothing names",
      [{ ...good, credentialEnv: [] }],
      "good: a credential is needed",
    ],
    ["no operation", [{ ...good, operations: [] }], "good: operations are empty"],
    [
      "an operation twice",
      [{ ...good, operations: ["chat", "chat"] }],
      "good: operations are empty or repeated",
    ],
    [
      "an operation the dialect lacks",
      [{ ...good, operations: ["count_tokens"] }],
      "good: the dialect openai-chat has no",
    ],
    [
      "a region where nothing is signed",
      [{ ...good, baseUrl: "https://{region}.good.example/v1" }],
      "good: a region in the base URL",
    ],
    [
      "a family that does not find its example",
      [{ ...good, families: [{ ...family, models: /^y/ }] }],
      "good: the family of x-1 does not",
    ],
    [
      "a family that is found every other time",
      [{ ...good, families: [{ ...family, models: /^x/g }] }],
      "good: the family of x-1 finds names by turns",
    ],
    [
      "a family's operation that its dialect lacks",
      [{ ...good, families: [{ ...family, operations: ["embed"] }] }],
      "good: the family of x-1 has an operation",
    ],
    ["a prefix without a slash", [{ ...good, pathPrefix: "v1" }], "good: a path does not"],
    ["a path without a slash", [{ ...good, chatPath: "chat" }], "good: a path does not"],
    ["a dialect that is none", [unknownDialect], "good: there is no dialect nonesuch"],
    [
      "an unverified fact that is none",
      [{ ...good, unverified: ["quirks.speed"] }],
      "good: unverified names no fact",
    ],
  ];
  for (const [title, rows, problem] of breaches) {
    it(`finds ${title}`, () => {
      expect(checkCatalog(rows)).toEqual([expect.stringContaining(problem)]);
    });
  }

  it("finds nothing wrong with a good row", () => {
    expect(checkCatalog([good])).toEqual([]);
  });

  it("stops a catalog with a bad row from being made", () => {
    expect(() => createCatalog([good, good])).toThrow("the id is used twice");
  });
});

describe("endpointPath", () => {
  const cases: readonly [
    title: string,
    row: CatalogRow,
    operation: "chat" | "embed" | "models",
    path: string | undefined,
  ][] = [
    ["takes the dialect's path", good, "chat", "/chat/completions"],
    ["takes the row's own path first", { ...good, chatPath: "/v2/chat" }, "chat", "/v2/chat"],
    ["has none for an operation that the row does not serve", good, "embed", undefined],
    [
      "takes the row's own embeddings path",
      { ...good, operations: ["embed"], embeddingsPath: "/embed" },
      "embed",
      "/embed",
    ],
    ["lists models", good, "models", "/models"],
  ];
  for (const [title, row, operation, path] of cases) {
    it(title, () => {
      expect(endpointPath(row, operation)).toBe(path);
    });
  }
});
