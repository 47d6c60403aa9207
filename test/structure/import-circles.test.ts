import { globSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import type { RepositoryFile } from "./find-violations.ts";
import { findCircles, readImports } from "./import-graph.ts";

const sources: readonly RepositoryFile[] = globSync("src/**/*.ts").map((path) => ({
  path: path.replaceAll("\\", "/"),
  text: readFileSync(path, "utf8"),
}));

/** A folder of `src`, a folder of `src/adapters`, or a file that stands beside them. */
function roomOf(path: string): string {
  const parts = path.split("/");
  return parts.slice(0, parts[1] === "adapters" ? 3 : 2).join("/");
}

const planted: readonly (readonly [
  title: string,
  files: Readonly<Record<string, string>>,
  circle: readonly string[],
])[] = [
  [
    "two files",
    {
      "src/core/one.ts": 'import { two } from "./two.ts";\n',
      "src/core/two.ts": 'import { one } from "./one.ts";\n',
    },
    ["src/core/one.ts", "src/core/two.ts"],
  ],
  [
    "types alone",
    {
      "src/core/one.ts": 'import type { Two } from "./two.ts";\n',
      "src/core/two.ts": 'export type { One } from "./one.ts";\n',
    },
    ["src/core/one.ts", "src/core/two.ts"],
  ],
  [
    "an import made while running",
    {
      "src/core/one.ts": 'const two = await import("../json/two.ts");\n',
      "src/json/two.ts": 'import { three } from "./three.ts";\n',
      "src/json/three.ts": 'import {\n  one,\n} from "../core/one.ts";\n',
    },
    ["src/core/one.ts", "src/json/two.ts", "src/json/three.ts"],
  ],
];

describe("imports", () => {
  it("make no circle of files, types included", () => {
    expect(findCircles(readImports(sources))).toEqual([]);
  });

  it("make no circle of folders", () => {
    expect(findCircles(readImports(sources, roomOf))).toEqual([]);
  });

  it("are read from the sources", () => {
    const graph = readImports(sources, roomOf);
    expect(graph.get("src/gateway.ts")).toContain("src/composition");
    expect(graph.get("src/adapters/gemini")).toContain("src/adapters/shared");
    expect(graph.size).toBeGreaterThan(30);
  });

  for (const [title, files, circle] of planted) {
    it(`in a circle are caught: ${title}`, () => {
      const list = Object.entries(files).map(([path, text]) => ({ path, text }));
      expect(findCircles(readImports(list))).toEqual([circle]);
    });
  }

  it("in a circle of folders are caught where no files form one", () => {
    const list = [
      { path: "src/core/one.ts", text: 'import { two } from "../json/two.ts";\n' },
      { path: "src/json/two.ts", text: "" },
      { path: "src/json/three.ts", text: 'import { four } from "../core/four.ts";\n' },
    ];
    expect(findCircles(readImports(list))).toEqual([]);
    expect(findCircles(readImports(list, roomOf))).toEqual([["src/core", "src/json"]]);
  });
});
