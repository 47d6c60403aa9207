import { create } from "@bufbuild/protobuf";
import { expect, it } from "vitest";
import { UsageSchema } from "../../../gen/parlance/chat/v1/usage_pb.js";
import { PricesSchema } from "../../../gen/parlance/model/v1/model_facts_pb.js";
import { OpenAttempt } from "../../../src/core/attempt-record.ts";
import { createHedgeWaste } from "../../../src/policies/routing/hedge-waste.ts";
import { createFakeClock } from "../../fake-clock.ts";

const prices = create(PricesSchema, { tokens: { input: 1_000_000n, output: 10_000_000n } });

/** A try that took so many tokens; undefined: its vendor did not say. */
function attempt(tokens: readonly [input: bigint, output: bigint] | undefined, lost = false) {
  const one = new OpenAttempt({ provider: "a", model: "x" }, () => 0);
  one.race = { hedge: false, lost };
  if (tokens === undefined) one.ended({ kind: "left" });
  else {
    const [inputTokens, outputTokens] = tokens;
    one.ended({ kind: "whole", usage: create(UsageSchema, { inputTokens, outputTokens }) });
  }
  return one;
}

it("waste is a share of the money where prices are known", async () => {
  const clock = createFakeClock();
  const waste = createHedgeWaste(clock.nowMs);
  expect(waste.allows("m", 10)).toBe(true);
  // 100 and 10 times 10, and the prompt again: 100 of 300.
  await waste.note("m", [attempt(undefined, true), attempt([100n, 10n])], () => prices);
  expect([waste.allows("m", 33), waste.allows("m", 34)]).toEqual([false, true]);
  expect(waste.allows("other", 1)).toBe(true);
  clock.advance(600_000);
  expect(waste.allows("m", 1)).toBe(true);
});

it("waste is a share of the tokens where a price is not known", async () => {
  const waste = createHedgeWaste(() => 0);
  await waste.note("m", [attempt(undefined, true), attempt([100n, 10n])], () => undefined);
  // 100 of 210.
  expect([waste.allows("m", 47), waste.allows("m", 48)]).toEqual([false, true]);
});

it("a loser that had answered counts as what it took", async () => {
  const waste = createHedgeWaste(() => 0);
  await waste.note("m", [attempt([100n, 10n]), attempt([100n, 10n], true)], async () => prices);
  expect([waste.allows("m", 49), waste.allows("m", 50)]).toEqual([false, true]);
});

it("tries that told nothing, and lost no race, count for nothing", async () => {
  const waste = createHedgeWaste(() => 0);
  await waste.note("m", [attempt(undefined), attempt(undefined, true)], () => prices);
  expect(waste.allows("m", 1)).toBe(true);
});
