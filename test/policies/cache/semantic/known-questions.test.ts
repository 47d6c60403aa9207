import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  KnownQuestions,
  unitVector,
} from "../../../../src/policies/cache/semantic/known-questions.ts";

const unit = (...numbers: readonly number[]): Float32Array =>
  unitVector(numbers) ?? new Float32Array();

describe("known questions", () => {
  it("are found by the angle between vectors, the nearest first", () => {
    const known = new KnownQuestions();
    known.add("c", "far", unit(1, 1), 9);
    known.add("c", "near", unit(5, 1), 9);
    known.add("c", "same", unit(3, 0), 9);
    known.add("other", "elsewhere", unit(1, 0), 9);
    const found = known.near("c", unit(7, 0), 0.9);
    expect(found.map(({ key }) => key)).toEqual(["same", "near"]);
    expect(found[0]?.similarity).toBe(1);
  });

  it("of another length are not near", () => {
    const known = new KnownQuestions();
    known.add("c", "k", unit(1, 0, 0), 9);
    expect(known.near("c", unit(1, 0), 0)).toEqual([{ key: "k", similarity: 0 }]);
  });

  it("of which there are too many lose the oldest, and those that come again move up", () => {
    const known = new KnownQuestions();
    for (const key of ["a", "b", "a", "c"]) known.add("c", key, unit(1), 2);
    expect(known.near("c", unit(1), 0.5).map(({ key }) => key)).toEqual(["a", "c"]);
    known.forget("c", "a");
    expect(known.near("c", unit(1), 0.5).map(({ key }) => key)).toEqual(["c"]);
  });

  it("take at most 64 MiB, and the context that was used last stays", () => {
    const known = new KnownQuestions();
    const large = new Float32Array(1024 * 1024).fill(1 / 1024);
    for (let at = 0; at < 20; at += 1) known.add(`c${at}`, "k", large, 9);
    const kept = Array.from({ length: 20 }, (_, at) => known.near(`c${at}`, large, 0.5).length);
    expect(kept).toEqual([0, 0, 0, 0, ...Array.from({ length: 16 }, () => 1)]);
  });

  it("have no vector that is too short for its squares", () =>
    expect(unitVector([-1.6e-162])).toBe(undefined));

  it("have vectors of length 1", () =>
    fc.assert(
      fc.property(
        fc.array(fc.double({ min: -1e3, max: 1e3, noNaN: true }), { minLength: 1 }),
        (numbers) => {
          const vector = unitVector(numbers);
          if (vector === undefined) return numbers.every((number) => Math.abs(number) < 1e-150);
          return Math.abs(Math.hypot(...vector.subarray(0, 100)) - 1) < 1e-3 || vector.length > 100;
        },
      ),
    ));
});
