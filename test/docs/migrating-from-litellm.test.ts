import { existsSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { catalogRows } from "../../src/adapters/catalog/catalog.ts";
import { loadConfig } from "../../src/config/loading/load-config.ts";
import { createRouteMatcher } from "../../src/edge/rest/rest-route.ts";

const page = readFileSync("docs/migrating-from-litellm.md", "utf8");

describe("the page for LiteLLM's users", () => {
  const [text = "", ...others] = [...page.matchAll(/```yaml\n([\s\S]*?)```/g)].map(
    ([, block]) => block,
  );

  it("shows a config that can be used", () => {
    const names = [...text.matchAll(/env: (\w+)/g)].map(([, name]) => [
      name,
      `the-value-of-${name}`,
    ]);
    const environment = {
      ...Object.fromEntries(names),
      AWS_ACCESS_KEY_ID: "AKIA",
      AWS_SECRET_ACCESS_KEY: "s",
    };
    const loaded = loadConfig({ text, filename: "page.md" }, environment, () => "");
    expect(loaded).toMatchObject({ ok: true, warnings: [] });
    expect(loaded.ok && [...loaded.settings.models.keys()]).toEqual(["gpt-4o", "claude"]);
    expect(others).toEqual([]);
  });

  it("says truly that a budget is warned of", () => {
    const budget = text.replace(
      "models: [gpt-4o, claude] }",
      'budget: { usd: "5", window: MONTH } }',
    );
    const names = [...text.matchAll(/env: (\w+)/g)].map(([, name]) => [
      name,
      `the-value-of-${name}`,
    ]);
    const loaded = loadConfig(
      { text: budget, filename: "page.md" },
      Object.fromEntries(names),
      () => "",
    );
    expect(loaded.ok && loaded.warnings).toEqual([
      expect.objectContaining({ path: "keys[0].budget" }),
    ]);
  });

  it("names credentials that are read", () => {
    const read = catalogRows.flatMap((row) => row.credentialEnv);
    expect(read).toEqual(
      expect.arrayContaining([
        "OPENAI_API_KEY",
        "ANTHROPIC_API_KEY",
        "AZURE_API_KEY",
        "GEMINI_API_KEY",
      ]),
    );
  });

  it("names endpoints that are served, and others that are not", () => {
    const match = createRouteMatcher();
    const [, served = "", refused = ""] =
      /The same: ([\s\S]*?)\n\nNot served: ([\s\S]*?)\n\n/.exec(page) ?? [];
    const paths = (words: string) =>
      [...words.matchAll(/`(\/[\w/]+)`/g)].map(([, path = ""]) => path);
    const asking = paths(served).filter(
      (path) => path !== "/v1/models" && !path.startsWith("/health"),
    );
    expect(asking.length).toBeGreaterThan(5);
    expect(asking.filter((path) => match(path) === undefined)).toEqual([]);
    expect(paths(refused).filter((path) => match(path) !== undefined)).toEqual([]);
  });

  it("links to pages that exist", () => {
    const links = [...page.matchAll(/\]\(([^)#:]+)\)/g)].map(([, path = ""]) => `docs/${path}`);
    expect(links.filter((path) => !existsSync(path))).toEqual([]);
  });
});
