import { describe, expect, it } from "vitest";
import { createTargetOrders } from "../../src/policies/routing/operator/target-orders.ts";
import { shareNothing } from "../../src/state/shared-entries.ts";
import { createSharedState, createStateMemory } from "../../src/state/shared-state.ts";
import { createMemoryState, maxTextBytes, type State } from "../../src/state/state.ts";

const kinds: readonly [title: string, states: () => readonly [State, State]][] = [
  [
    "of one thread",
    () => {
      const state = createMemoryState();
      return [state, state];
    },
  ],
  [
    "that threads share",
    () => {
      const memory = createStateMemory(2);
      return [createSharedState(memory, 0), createSharedState(memory, 1)];
    },
  ],
];

for (const [title, states] of kinds) {
  describe(`a text ${title}`, () => {
    it("is what was written last, whoever reads, and says when it has changed", () => {
      const [one, other] = states();
      expect([one.orders.read(), other.orders.read()]).toEqual(["", ""]);
      const before = other.orders.version();
      expect(one.orders.update((text) => `${text}grün`)).toBe(true);
      expect(other.orders.version()).not.toBe(before);
      expect(other.orders.update((text) => `${text}, blau`)).toBe(true);
      expect(one.orders.read()).toBe("grün, blau");
    });

    it("is not changed by one that is too long", () => {
      const [one, other] = states();
      one.orders.update(() => "kept");
      expect(one.orders.update(() => "a".repeat(maxTextBytes + 1))).toBe(false);
      expect(other.orders.read()).toBe("kept");
      expect(other.orders.update(() => "a".repeat(maxTextBytes))).toBe(true);
      expect(one.orders.read().length).toBe(maxTextBytes);
    });

    it("carries what operators set from thread to thread, whatever they say", () => {
      const made = states().map(({ orders }) =>
        createTargetOrders({
          text: orders,
          wallMs: () => 1_000,
          share: shareNothing,
          notice: () => undefined,
        }),
      );
      const [one, other] = made;
      const order = { state: "drained", sinceMs: 1_000, reason: "a b\n%c é", by: "k" } as const;
      expect(one?.set({ target: "p/m/x y", model: "" }, order)).toBe(true);
      expect(other?.isEmpty()).toBe(false);
      expect(other?.of({ provider: "p", model: "m/x y" }, "any")).toEqual(order);
      expect(other?.of({ provider: "p", model: "m" }, "any")).toBeUndefined();
      other?.set({ target: "p/m/x y", model: "" }, undefined);
      expect(one?.isEmpty()).toBe(true);
    });
  });
}
