import { describe, expect, it } from "vitest";
import { parseOptions, usageText } from "../../bench/options.ts";

const plain = {
  smoke: false,
  only: [],
  json: undefined,
  selfCheck: false,
  rounds: 5,
  roundMs: 1000,
};

describe("the benchmark's command line", () => {
  const accepted: readonly (readonly [argv: string, expected: object])[] = [
    ["", plain],
    ["--smoke", { ...plain, smoke: true, rounds: 1, roundMs: 100 }],
    ["--smoke --rounds 3", { ...plain, smoke: true, rounds: 3, roundMs: 100 }],
    ["--only grpc --json out.json", { ...plain, only: ["grpc"], json: "out.json" }],
    ["--only 1k,workers", { ...plain, only: ["1k", "workers"] }],
    ["--self-check --round-ms 250", { ...plain, selfCheck: true, roundMs: 250 }],
  ];
  for (const [argv, expected] of accepted) {
    it(`understands "${argv}"`, () =>
      expect(parseOptions(argv.split(" ").filter(Boolean))).toEqual(expected));
  }

  const refused: readonly (readonly [argv: string, complaint: string])[] = [
    ["--rounds 0", "--rounds takes a whole number from 1 to 100, not 0"],
    ["--rounds many", "not many"],
    ["--round-ms 60001", "--round-ms takes a whole number from 50 to 60000"],
    ["--fast", "--fast"],
    ["openai", "openai"],
  ];
  for (const [argv, complaint] of refused) {
    it(`refuses "${argv}"`, () => expect(() => parseOptions(argv.split(" "))).toThrow(complaint));
  }

  it("tells of every option", () => {
    for (const name of ["--smoke", "--only", "--json", "--rounds", "--round-ms", "--self-check"]) {
      expect(usageText).toContain(`  ${name}`);
    }
  });
});
