import { describe, expect, it } from "vitest";
import { expectCheap, expectLinear, type SizedWork } from "./cpu-growth.ts";

const numbers = (size: number) => Array.from({ length: size }, (_, at) => at);

const linear: readonly (readonly [title: string, work: SizedWork])[] = [
  ["a map", (size) => () => new Map(numbers(size).map((one) => [one, String(one)]))],
  [
    "JSON.parse",
    (size) => {
      const text = JSON.stringify(numbers(size));
      return () => JSON.parse(text);
    },
  ],
  ["a sort of what is sorted", (size) => () => numbers(size).sort((one, other) => one - other)],
  ["what does nothing", () => () => undefined],
];

const quadratic: readonly (readonly [title: string, size: number, work: SizedWork])[] = [
  [
    "find for each element",
    600,
    (size) => {
      const all = numbers(size);
      return () => all.map((one) => all.find((other) => other === one));
    },
  ],
  [
    "a copy for each element",
    400,
    (size) => () => numbers(size).reduce<readonly number[]>((all, one) => all.concat(one), []),
  ],
  [
    "a slice that starts over",
    200,
    (size) => () => numbers(size).map((one) => numbers(one).length),
  ],
  [
    "lastIndexOf to the start",
    500,
    (size) => {
      const text = "a".repeat(size * 16);
      return () => numbers(size).map((one) => text.lastIndexOf(" ", one * 16));
    },
  ],
];

/** What is caught is measured again and again; nothing of it depends on the time of day. */
const timeout = 300_000;

describe("expectLinear", () => {
  for (const [title, work] of linear) {
    it(`passes ${title}`, { timeout }, () => expectLinear(title, work));
  }
  for (const [title, size, work] of quadratic) {
    it(`catches ${title}`, { timeout }, () => {
      expect(() => expectLinear(title, work, { size })).toThrow(/takes more than linear time/);
    });
  }
});

describe("expectCheap", () => {
  const text = JSON.stringify(numbers(10_000));
  it("passes JSON.parse itself", { timeout }, () =>
    expectCheap("JSON.parse", text.length, () => JSON.parse(text)),
  );
  it("catches work that costs two hundred times as much", { timeout }, () => {
    const work = () => {
      for (let at = 0; at < 200; at++) JSON.parse(text);
    };
    expect(() => expectCheap("much work", text.length, work)).toThrow(
      /much work costs too much for \d+ bytes/,
    );
  });
});
