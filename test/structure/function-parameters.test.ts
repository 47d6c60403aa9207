import { globSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { parameterCounts } from "./function-parameters.ts";

/** How many functions may have four parameters or more, as a share of all. */
const MAX_SHARE = 0.06;

const cases: readonly (readonly [title: string, text: string, counts: readonly number[]])[] = [
  ["a declaration", "export function two(one: string, two: number): void {}\n", [2]],
  ["a declaration without parameters", "function none(): void {}\n", [0]],
  ["a generic declaration", "function map<A, B>(a: A, b: (x: A, y: B) => B): void {}\n", [2]],
  ["a generator", "function* all(list: readonly string[]) { yield* list; }\n", [1]],
  ["patterns and defaults", "function f({ a, b }: X, [c, d]: Y, e = g(1, 2), ...h: Z) {}\n", [4]],
  ["arrows", "const add = (a: number, b: number): number => a + b;\n", [2]],
  ["an arrow in an arrow", "const f = (a: A) => (b: B, c: C) => a;\n", [1, 2]],
  [
    "a method of an object",
    "const o = { async read(a: A, b: B, c: C, d: D) { return a; } };\n",
    [4],
  ],
  [
    "a constructor",
    "class A { constructor(a: string) { super(a); } #b(c: C, d: D): void {} }\n",
    [1, 2],
  ],
  ["a function as an expression", "const f = function (a: A) { return a; };\n", [1]],
  [
    "no call, condition or loop",
    "if (a) { b(c, d); } for (const e of f(g)) { while (h) { i(); } }\n",
    [],
  ],
  ["no type", "interface A { b(c: C, d: D): E; f: (g: G, h: H) => I }\n", []],
  ["no overload", "function f(a: A): B;\nfunction f(a: C): D;\nfunction f(a: E): F {}\n", [1]],
  ["no text", 'const a = "function f(a, b, c, d) {}"; // function g(a, b) {}\n', []],
];

describe("parameters of functions", () => {
  it("are four or more in fewer than six of a hundred", () => {
    const counts = globSync("src/**/*.ts").flatMap((path) =>
      parameterCounts(readFileSync(path, "utf8")),
    );
    expect(counts.length).toBeGreaterThan(4000);
    expect(counts.filter((count) => count >= 4).length / counts.length).toBeLessThan(MAX_SHARE);
  });

  for (const [title, text, counts] of cases) {
    it(`are counted of ${title}`, () => {
      expect(parameterCounts(text)).toEqual(counts);
    });
  }
});
