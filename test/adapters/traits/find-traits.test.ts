import { describe, expect, it } from "vitest";
import { catalogRows } from "../../../src/adapters/catalog/catalog.ts";
import { findTraits, traitTables } from "../../../src/adapters/traits/find-traits.ts";
import { mediaTables } from "../../../src/adapters/traits/media-traits.ts";
import { parseModelName } from "../../../src/adapters/traits/model-name.ts";
import { fitsRow } from "../../../src/adapters/traits/trait-row.ts";

describe("the tables of traits", () => {
  for (const { maker, rows, kinds } of [...traitTables, ...mediaTables]) {
    for (const row of rows) {
      it(`of ${maker} have ${row.example} in a row that its name finds first`, () => {
        const name = parseModelName(row.example);
        expect(name.maker).toBe(maker);
        expect(rows.find((each) => fitsRow(each, name))?.example).toBe(row.example);
      });
      it(`of ${maker} say where the row of ${row.example} comes from`, () => {
        expect(row.asOf).toMatch(/^20\d\d-\d\d$/);
        const facts = Object.keys({ ...row.traits, ...row.atMaker });
        expect(row.sources.length > 0).toBe(facts.length > 0);
        for (const source of row.sources) expect(source).toMatch(/^https:\/\//);
      });
    }
    it(`of ${maker} name kinds of the catalog`, () => {
      const ids = catalogRows.map(({ id }) => id);
      expect(kinds.filter((kind) => !ids.includes(kind))).toEqual([]);
    });
  }
});

describe("the traits of a model", () => {
  it("are the same in every spelling of its name", () => {
    const spellings = [
      "claude-opus-4-7",
      "anthropic/claude-opus-4.7",
      "us.anthropic.claude-opus-4-7-v1:0",
      "claude-opus-4-7@20260416",
      "databricks-claude-opus-4-7",
    ];
    for (const name of spellings) expect(findTraits(name)).toEqual(findTraits("claude-opus-4-7"));
  });

  it("are not known of a name that tells nothing", () => {
    expect(findTraits("my-deployment")).toBeUndefined();
    expect(findTraits("")).toBeUndefined();
  });

  it("have what its maker's own API refuses only there", () => {
    expect(findTraits("deepseek-v4-pro", "deepseek")?.takesThinking?.requiredTool).toBe(false);
    expect(findTraits("deepseek-v4-pro", "together_ai")?.takesThinking?.requiredTool).toBe(
      undefined,
    );
  });
});
