import { describe, expect, it } from "vitest";
import { createCases } from "../../bench/cases.ts";
import { dialectSpreads } from "../../bench/dialect-spread.ts";
import { dialectNames } from "../../bench/upstream-names.ts";

const cases = createCases();

/** Cases by name, and what they cost over the bare proxy. */
function measured(costs: Readonly<Record<string, number>>) {
  return cases.flatMap((one) => {
    const ratio = costs[one.name];
    const parlance = {
      cpuUsPerUnit: 7,
      requests: 1,
      requestsPerSecond: 1,
      p50Ms: 1,
      p99Ms: 1,
      residentBytes: 1,
      promotedBytesPerRequest: 0,
    };
    return ratio === undefined ? [] : [{ case: one, parlance, ratio }];
  });
}

describe("the spread of the dialects", () => {
  const rows: readonly (readonly [
    title: string,
    costs: Record<string, number>,
    expected: unknown,
  ])[] = [
    [
      "is the slowest over the fastest, body by body",
      {
        "openai-to-gemini-1k-c16": 3,
        "openai-to-tgi-1k-c16": 2,
        "openai-to-cohere-1k-c16": 2.5,
        "openai-1k-c16": 1,
      },
      [
        {
          body: "unary 1KB",
          fastest: { dialect: "tgi", ratio: 2, cpuUs: 7 },
          slowest: { dialect: "gemini", ratio: 3, cpuUs: 7 },
          factor: 1.5,
        },
      ],
    ],
    [
      "is not told of one dialect alone",
      { "stream-openai-to-gemini": 2, "openai-to-tgi-1k-c16": 3 },
      [],
    ],
    ["leaves calls in one dialect out", { "openai-1k-c16": 1, "anthropic-1k-c16": 2 }, []],
  ];
  for (const [title, costs, expected] of rows) {
    it(title, () => expect(dialectSpreads(measured(costs))).toEqual(expected));
  }

  it("has a case for each body in each dialect", () => {
    const others = dialectNames.filter((name) => name !== "openai");
    for (const body of ["unary 1KB", "unary 100KB", "stream, each frame"]) {
      const found = cases.flatMap(({ translation }) =>
        translation?.body === body ? [translation.dialect] : [],
      );
      expect(found).toEqual(others);
    }
  });
});
