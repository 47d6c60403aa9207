import { describe, expect, it } from "vitest";
import { createBodyBudget } from "../../../src/edge/http/body-budget.ts";
import { createSharedState, createStateMemory } from "../../../src/state/shared-state.ts";

describe("a budget for bodies", () => {
  it("is used up to its last byte, and is whole again in the end", () => {
    const budget = createBodyBudget(5000);
    expect([budget.take(4000), budget.take(1001), budget.take(1000)]).toEqual([true, false, true]);
    expect(budget.leftBytes).toBe(0);
    budget.give(5000);
    expect(budget.leftBytes).toBe(5000);
  });

  it("that threads share holds for all of them, counted in KiB", () => {
    const memory = createStateMemory(2);
    const budgets = [0, 1].map((thread) =>
      createBodyBudget(10 * 1024, createSharedState(memory, thread).slots("body_memory")),
    );
    const [one, other] = budgets;
    expect([one?.take(100), one?.take(100), other?.take(8 * 1024)]).toEqual([true, true, true]);
    expect([one?.leftBytes, other?.leftBytes]).toEqual([1024, 1024]);
    expect([one?.take(2000), other?.take(1024), one?.take(1)]).toEqual([false, true, true]);
    one?.give(201);
    other?.give(9 * 1024);
    expect(budgets.map((budget) => budget.leftBytes)).toEqual([10 * 1024, 10 * 1024]);
  });
});
