import { create } from "@bufbuild/protobuf";
import { durationFromMs } from "@bufbuild/protobuf/wkt";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ModelSchema } from "../../../gen/parlance/config/v1/model_pb.js";
import { RetrySchema } from "../../../gen/parlance/config/v1/retry_pb.js";
import { fillModelDefaults } from "../../../src/config/defaults.ts";
import { pauseMs } from "../../../src/policies/routing/backoff.ts";
import { retryRuleOf } from "../../../src/policies/routing/retry-rule.ts";
import { createShareBudget } from "../../../src/policies/routing/share-budget.ts";

describe("the pause before a target is tried again", () => {
  const cases: readonly (readonly [
    title: string,
    again: number,
    retryAfterMs: number | undefined,
    random: number,
    expected: number | undefined,
  ])[] = [
    ["is drawn from nothing on", 0, undefined, 0, 0],
    ["has a bound of 250 ms at first", 0, undefined, 0.5, 125],
    ["has a bound that doubles", 2, undefined, 0.5, 500],
    ["has the longest pause for a bound", 10, undefined, 0.5, 1000],
    ["is as long as the vendor says", 0, 700, 0.5, 700],
    ["is longer than the vendor says where it is drawn so", 3, 700, 0.5, 1000],
    ["is none where the vendor says more than may be waited", 0, 2001, 0.5, undefined],
  ];
  for (const [title, again, retryAfterMs, random, expected] of cases)
    it(title, () => expect(pauseMs({ again, maxMs: 2000, retryAfterMs, random })).toBe(expected));
});

describe("the budget of retries", () => {
  it("always allows three in ten seconds", () => {
    let now = 0;
    const budget = createShareBudget(() => now);
    budget.called("m");
    expect([1, 2, 3, 4].map(() => budget.take("m", 20))).toEqual([true, true, true, false]);
    now = 10_000;
    expect(budget.take("m", 20)).toBe(true);
  });

  it("allows a share of the calls, of each model by itself", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 500 }), fc.nat(100), (calls, percent) => {
        const budget = createShareBudget(() => 0);
        for (let call = 0; call < calls; call += 1) budget.called("m");
        budget.called("other");
        let allowed = 0;
        while (allowed < 1000 && budget.take("m", percent)) allowed += 1;
        return allowed === Math.max(3, Math.ceil((calls * percent) / 100));
      }),
    );
  });

  it("counts the calls of the last ten seconds where they are those of two windows", () => {
    let now = 0;
    const budget = createShareBudget(() => now);
    for (let call = 0; call < 100; call += 1) budget.called("m");
    now = 15_000;
    budget.called("m");
    let allowed = 0;
    while (budget.take("m", 20)) allowed += 1;
    expect(allowed).toBe(21);
  });
});

describe("how a call is tried again", () => {
  const settings = fillModelDefaults(
    create(ModelSchema, {
      retry: create(RetrySchema, { attempts: 5, maxDelay: durationFromMs(300) }),
    }),
  ).retry;
  const cases: readonly (readonly [
    title: string,
    headers: Readonly<Record<string, string>>,
    settings: typeof settings,
    attempts: number | undefined,
  ])[] = [
    ["is not at all without settings", {}, undefined, undefined],
    ["is what the settings say", {}, settings, 5],
    ["is what the caller says", { "x-parlance-retries": "1" }, settings, 2],
    ["is what a client of LiteLLM says", { "x-litellm-num-retries": "0" }, settings, 1],
    ["is what the caller says without settings", { "x-parlance-retries": "2" }, undefined, 3],
    [
      "is not at all where an SDK sends it again",
      { "x-stainless-retry-count": "1" },
      settings,
      undefined,
    ],
    [
      "is what the settings say of an SDK's first try",
      { "x-stainless-retry-count": "0" },
      settings,
      5,
    ],
  ];
  for (const [title, headers, own, attempts] of cases)
    it(title, () =>
      expect(retryRuleOf({ header: (name) => headers[name] }, own)?.attempts).toBe(attempts),
    );

  for (const text of ["-1", "20", "2.5", "many", "1e1"])
    it(`cannot be ${text} times`, () =>
      expect(() => retryRuleOf({ header: () => text }, settings)).toThrow(
        "x-parlance-retries: must be a whole number from 0 to 19",
      ));
});
