import { describe, expect, it } from "vitest";
import { corpusClasses } from "./classes.ts";
import { scoreOf } from "./score.ts";

describe("the built-in detectors", () => {
  for (const one of corpusClasses)
    it(`find ${one.name} with a precision of ${one.precision} and a recall of ${one.recall}`, () => {
      const { positives, negatives, precision, recall, missed, wrong } = scoreOf(one);
      expect(Math.min(positives, negatives)).toBeGreaterThanOrEqual(300);
      expect(recall, missed.slice(0, 5).join("\n")).toBeGreaterThanOrEqual(one.recall);
      expect(precision, wrong.slice(0, 5).join("\n")).toBeGreaterThanOrEqual(one.precision);
    });
});
