import { readdirSync } from "node:fs";
import { basename } from "node:path";
import { describe, expect, it } from "vitest";

/** The dialects that chat, stream and translate in full: whoever knows one knows them all. */
const siblings = [
  "openai-chat",
  "openai-responses",
  "anthropic-messages",
  "gemini",
  "bedrock-converse",
  "cohere",
  "ollama",
] as const;

/** How many of the names must stand in two dialects or more, as a share of all. */
const MIN_SHARED = 0.66;

/** How many files a folder of an adapter may hold. */
const MAX_FILES = 20;

/** The share of names that stand in two of the lists or more. */
function sharedShare(lists: readonly (readonly string[])[]): number {
  const counts = new Map<string, number>();
  for (const name of lists.flatMap((list) => [...new Set(list)]))
    counts.set(name, (counts.get(name) ?? 0) + 1);
  return [...counts.values()].filter((count) => count > 1).length / counts.size;
}

function filesBelow(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((path) => path.endsWith(".ts"))
    .map((path) => basename(path));
}

describe("the files of sibling dialects", () => {
  it("mostly have the same names", () => {
    const lists = siblings.map((dialect) => filesBelow(`src/adapters/${dialect}`));
    expect(sharedShare(lists)).toBeGreaterThanOrEqual(MIN_SHARED);
  });

  it("are counted by their names", () => {
    expect(sharedShare([["a", "b"], ["a", "c"], ["c"]])).toBeCloseTo(2 / 3);
    expect(sharedShare([["a", "a"], ["b"]])).toBe(0);
  });

  it("are each at most twenty to a folder", () => {
    const folders = readdirSync("src/adapters", { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map((entry) => `${entry.parentPath}/${entry.name}`);
    const full = folders.filter(
      (folder) => readdirSync(folder).filter((name) => name.endsWith(".ts")).length > MAX_FILES,
    );
    expect(full).toEqual([]);
  });

  it("begin with the same ones in each dialect", () => {
    for (const dialect of siblings) {
      const names = readdirSync(`src/adapters/${dialect}`);
      expect(names).toEqual(
        expect.arrayContaining([
          "fidelity.ts",
          "finish-reason.ts",
          "index.ts",
          "wire.ts",
          "vendor",
        ]),
      );
      expect(readdirSync(`src/adapters/${dialect}/vendor`)).toEqual(
        expect.arrayContaining(["content.ts", "messages.ts", "request.ts", "response.ts"]),
      );
    }
  });
});
