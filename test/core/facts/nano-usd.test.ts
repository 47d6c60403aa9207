import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseUsd, printUsd } from "../../../src/core/facts/nano-usd.ts";

describe("dollars", () => {
  const cases: readonly (readonly [text: string, nanoUsd: bigint | undefined])[] = [
    ["3", 3_000_000_000n],
    ["0.25", 250_000_000n],
    ["0.075", 75_000_000n],
    ["1.10", 1_100_000_000n],
    ["0.000000001", 1n],
    ["0.0000000010", 1n],
    ["9007199254740993.1", 9_007_199_254_740_993_100_000_000n],
    ["0", 0n],
    ["0.0000000001", undefined],
    ["", undefined],
    ["1e-7", undefined],
    [".5", undefined],
    ["5.", undefined],
    ["-1", undefined],
    ["1,000", undefined],
  ];
  for (const [text, nanoUsd] of cases) {
    it(`"${text}" are ${nanoUsd === undefined ? "not read" : `${nanoUsd} nano-USD`}`, () => {
      expect(parseUsd(text)).toBe(nanoUsd);
    });
  }

  it("with up to nine digits behind the point are read exactly, whatever zeros are added", () => {
    const digits = fc.bigInt({ min: 0n, max: 10n ** 30n });
    fc.assert(
      fc.property(digits, fc.nat({ max: 9 }), fc.nat({ max: 5 }), (value, places, zeros) => {
        const text = value.toString().padStart(places + 1, "0");
        const point = text.length - places;
        const decimal =
          places === 0 ? text : `${text.slice(0, point)}.${text.slice(point)}${"0".repeat(zeros)}`;
        // value / 10^places dollars, in whole numbers all the way.
        expect(parseUsd(decimal)).toBe(value * 10n ** BigInt(9 - places));
      }),
    );
  });

  it("that are printed are read as the same", () => {
    fc.assert(
      fc.property(
        fc.bigInt({ min: 0n, max: 10n ** 30n }),
        (value) => parseUsd(printUsd(value)) === value,
      ),
    );
  });

  for (const [nanoUsd, text] of [
    [3_000_000_000n, "3.00"],
    [75_000_000n, "0.075"],
    [1n, "0.000000001"],
    [0n, "0.00"],
  ] as const) {
    it(`of ${nanoUsd} nano-USD are printed as ${text}`, () => expect(printUsd(nanoUsd)).toBe(text));
  }
});
