import { existsSync, globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";

const page = readFileSync("docs/clients.md", "utf8");
const shown = [...page.matchAll(/<!-- (.*) -->\n```\w+\n([\s\S]*?)```/g)].map(
  ([, path = "", text = ""]) => ({ path, text }),
);
const script = readFileSync("scripts/test-clients.sh", "utf8");

describe("the page about clients", () => {
  for (const { path, text } of shown)
    it(`shows ${path} as it is`, () => expect(text).toBe(readFileSync(path, "utf8")));

  it("shows every program that is run, and what they print", () => {
    const programs = globSync("examples/clients/**/*.{go,java,kt,py,rs}");
    expect(programs.length).toBeGreaterThan(5);
    expect(shown.map(({ path }) => path)).toEqual(expect.arrayContaining(programs));
    expect(page).toContain(readFileSync("examples/clients/printed.txt", "utf8"));
  });

  it("has a program for each language that is run", () => {
    const run = [...script.matchAll(/^ {4}all \| (\S+)\) check \1 /gm)].map(([, name]) => name);
    const folders = globSync("examples/clients/*/").map((path) => path.split("/").at(-1));
    expect(run.sort()).toEqual(folders.sort());
  });

  it("links to files that exist", () => {
    const links = [...page.matchAll(/\]\(([^)#:]+)\)/g)].map(([, path = ""]) => join("docs", path));
    expect(links.length).toBeGreaterThan(0);
    expect(links.filter((path) => !existsSync(path))).toEqual([]);
  });

  const shortest: readonly (readonly [path: string, lines: number])[] = [
    ["examples/clients/python/shortest.py", 4],
    // Without the blocks of the package and its imports.
    ["examples/clients/go/shortest/main.go", 6],
  ];
  for (const [path, lines] of shortest)
    it(`says hello in ${lines} lines in ${path}`, () => {
      const text = readFileSync(path, "utf8").replace(/^package main|^import \(.*?^\)/gms, "");
      expect(text.split("\n").filter((line) => line.trim() !== "")).toHaveLength(lines);
    });
});
