import { existsSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { factNames, factSources } from "../../../src/adapters/catalog/fact-source.ts";

/** A name with a star is one whose prices may be others. */
function namesOf(kind: string, model: string, baseModel?: string): readonly string[] {
  return factNames(kind, model, baseModel).map(({ name, priced }) => (priced ? name : `${name} *`));
}

describe("facts are looked for under", () => {
  const arn = "arn:aws:bedrock:us-east-1:123456789012";
  const cases: readonly (readonly [
    kind: string,
    model: string,
    base: string | undefined,
    names: readonly string[],
  ])[] = [
    ["openai", "gpt-5", undefined, ["gpt-5"]],
    ["openai", "gpt-5-2025-08-07", undefined, ["gpt-5-2025-08-07", "gpt-5 *"]],
    [
      "openai",
      "ft:gpt-4o-mini-2024-07-18:acme::x",
      undefined,
      ["ft:gpt-4o-mini-2024-07-18:acme::x"],
    ],
    ["openai", "gpt-4-0613", undefined, ["gpt-4-0613"]],
    [
      "anthropic",
      "claude-sonnet-4-5-20250929",
      undefined,
      ["claude-sonnet-4-5-20250929", "claude-sonnet-4-5 *"],
    ],
    ["anthropic", "proxy-name", "claude-sonnet-4-5", ["claude-sonnet-4-5"]],
    ["gemini", "models/gemini-2.5-pro", undefined, ["gemini-2.5-pro"]],
    ["mistral", "mistral-large-20250101", undefined, ["mistral-large-20250101"]],
    ["bedrock", "anthropic.claude-opus-4-6-v1", undefined, ["anthropic.claude-opus-4-6-v1"]],
    [
      "bedrock",
      "us.anthropic.claude-opus-4-6-v1",
      undefined,
      ["us.anthropic.claude-opus-4-6-v1", "anthropic.claude-opus-4-6-v1 *"],
    ],
    ["bedrock_invoke", "us-gov.meta.x", undefined, ["us-gov.meta.x", "meta.x *"]],
    ["bedrock", "xx.meta.x", undefined, ["xx.meta.x"]],
    ["bedrock", `${arn}:inference-profile/eu.meta.x`, undefined, ["eu.meta.x", "meta.x *"]],
    ["bedrock", "arn:aws:bedrock:us-east-1::foundation-model/meta.x", undefined, ["meta.x"]],
    [
      "bedrock",
      `${arn}:application-inference-profile/abc`,
      undefined,
      [`${arn}:application-inference-profile/abc`],
    ],
    ["bedrock", `${arn}:provisioned-model/abc`, "meta.x", ["meta.x"]],
    ["vertex_ai", "claude-sonnet-4-5@20250929", undefined, ["claude-sonnet-4-5@20250929"]],
    ["vertex_ai", "claude-opus-4-6", undefined, ["claude-opus-4-6", "claude-opus-4-6@default"]],
    [
      "vertex_ai",
      "publishers/google/models/gemini-2.5-pro",
      undefined,
      ["gemini-2.5-pro", "gemini-2.5-pro@default"],
    ],
    ["azure", "gpt-5", undefined, []],
    ["azure", "my-deployment", "gpt-5", ["gpt-5"]],
    ["azure_ai", "my-deployment", "gpt-5-2025-08-07", ["gpt-5-2025-08-07", "gpt-5 *"]],
    ["openrouter", "anthropic/claude-sonnet-4.5", undefined, ["anthropic/claude-sonnet-4.5"]],
    ["openrouter", "openai/gpt-oss-120b:free", undefined, ["openai/gpt-oss-120b:free"]],
    ["openrouter", "openai/gpt-5:nitro", undefined, ["openai/gpt-5:nitro", "openai/gpt-5 *"]],
    ["ollama", "gpt-oss:120b-cloud", undefined, ["gpt-oss:120b"]],
    ["ollama", "glm-4.6:cloud", undefined, ["glm-4.6"]],
    ["ollama", "gpt-oss:20b", undefined, []],
    ["openai_compatible", "gpt-5", undefined, []],
    ["sim", "echo", undefined, []],
    ["constructor", "x", undefined, []],
  ];
  for (const [kind, model, base, names] of cases) {
    it(`${names.join(", ") || "nothing"} for ${model} of ${kind}${base === undefined ? "" : `, which serves ${base}`}`, () => {
      expect(namesOf(kind, model, base)).toEqual(names);
    });
  }
});

it("every source is a file of the data", () => {
  const missing = Object.values(factSources).filter(
    ({ file }) => !existsSync(`gen/facts/${file}.json`),
  );
  expect(missing).toEqual([]);
});
