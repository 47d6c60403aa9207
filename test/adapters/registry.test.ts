import { describe, expect, it } from "vitest";
import type { FacadeEntry } from "../../src/adapters/dialect-entry.ts";
import { loadEveryDialect } from "../../src/adapters/dialects.ts";
import { dialectEntry, dialects, facades } from "../../src/adapters/registry.ts";

describe("the registry of dialects", async () => {
  const loaded = await loadEveryDialect();

  for (const [name, dialect] of loaded) {
    it(`gives ${name} no operation that it has no codec for`, () => {
      const operations = Object.keys(dialectEntry(name)?.operations ?? {});
      const served = Object.keys(dialect.codecs);
      expect(operations.filter((one) => one !== "models" && !served.includes(one))).toEqual([]);
    });
  }

  it("has code for every dialect but the simulator's", () => {
    expect(Object.keys(dialects).filter((name) => !loaded.has(name))).toEqual(["sim"]);
  });

  it("finds no entry for the names of an object's own members", () => {
    for (const name of ["toString", "__proto__", "constructor", "nonesuch"])
      expect(dialectEntry(name)).toBeUndefined();
  });

  const entries: readonly (readonly [string, FacadeEntry])[] = Object.entries(facades);
  for (const [name, entry] of entries) {
    it(`has no path of ${name}'s clients that they are not answered at`, async () => {
      const { codecs } = await entry.load();
      const posted = Object.values(entry.posts).flatMap((post) =>
        typeof post === "string" ? [post] : [post.operation, ...(post.others ?? [])],
      );
      expect([...new Set(posted)].sort()).toEqual(Object.keys(codecs).sort());
    });
  }

  it("has each path once", () => {
    const paths = entries.flatMap(([, { posts }]) => Object.keys(posts));
    expect(new Set(paths).size).toBe(paths.length);
  });
});
