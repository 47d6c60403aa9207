import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  ConnectionSlots,
  type SlotBounds,
  type SlotUser,
} from "../../src/upstream/connection-slots.ts";

/** A call that notes when it starts. */
interface Caller extends SlotUser {
  readonly key: string;
  readonly name: string;
}

function callersOf(slots: ConnectionSlots<SlotUser>) {
  const started: string[] = [];
  const numbers = new Map<string, number>();
  const enter = (key: string): Caller => {
    const number = (numbers.get(key) ?? 0) + 1;
    numbers.set(key, number);
    const name = `${key}${number}`;
    const caller = { key, name, start: () => void started.push(name) };
    slots.enter(key, caller);
    return caller;
  };
  const leave = (caller: Caller): void => slots.leave(caller.key, caller);
  return { started, enter, leave };
}

describe("connections", () => {
  test("go to whoever comes while there are some", () => {
    const { started, enter } = callersOf(new ConnectionSlots({ total: 3, perKey: 3 }));
    for (const key of ["a", "b", "a", "a"]) enter(key);
    expect(started).toEqual(["a1", "b1", "a2"]);
  });

  test("beyond its share a key waits, though others are free, and no other key does", () => {
    const slots = new ConnectionSlots({ total: 4, perKey: 2 });
    const { started, enter, leave } = callersOf(slots);
    const [first] = ["a", "a", "a", "a"].map(enter);
    expect(started).toEqual(["a1", "a2"]);
    enter("b");
    expect(started).toEqual(["a1", "a2", "b1"]);
    if (first !== undefined) leave(first);
    expect(started).toEqual(["a1", "a2", "b1", "a3"]);
    expect(slots.counts).toEqual({ taken: 3, waiting: 1, keys: 2 });
  });

  test("that come back go to the keys in turn, and within a key to who came first", () => {
    const { started, enter, leave } = callersOf(new ConnectionSlots({ total: 1, perKey: 1 }));
    const callers = ["x", "a", "a", "a", "b", "c", "b"].map(enter);
    for (let at = 0; at < callers.length; at += 1) {
      const running = callers.find(({ name }) => name === started.at(-1));
      if (running !== undefined) leave(running);
    }
    expect(started).toEqual(["x1", "a1", "b1", "c1", "a2", "b2", "a3"]);
  });

  test("are not waited for by who has left", () => {
    const slots = new ConnectionSlots({ total: 1, perKey: 1 });
    const { started, enter, leave } = callersOf(slots);
    const [first, second] = [enter("a"), enter("a"), enter("b")];
    if (first === undefined || second === undefined) expect.unreachable();
    leave(second);
    leave(first);
    expect(started).toEqual(["a1", "b1"]);
    expect(slots.counts).toEqual({ taken: 1, waiting: 0, keys: 1 });
  });

  test("that are more after a change start who waits, and fewer are kept by who has them", () => {
    const slots = new ConnectionSlots({ total: 1, perKey: 1 });
    const { started, enter, leave } = callersOf(slots);
    const [first] = [enter("a"), enter("a"), enter("b"), enter("b")];
    slots.resize({ total: 3, perKey: 2 });
    expect(started).toEqual(["a1", "a2", "b1"]);
    slots.resize({ total: 1, perKey: 1 });
    leave(first);
    expect(slots.counts).toEqual({ taken: 2, waiting: 1, keys: 2 });
  });

  test("say who holds them", () => {
    const slots = new ConnectionSlots({ total: 4, perKey: 2 });
    const { enter } = callersOf(slots);
    for (const key of ["a", "a", "a"]) enter(key);
    expect(slots.whyBusy("a")).toContain("all 2 of 4 connections that one key may have are busy");
    expect(slots.whyBusy("b")).toContain("all 4 connections are busy");
  });

  test("of calls that end as they start are handed on without end of the stack", () => {
    const slots = new ConnectionSlots({ total: 1, perKey: 1 });
    const { enter, leave } = callersOf(slots);
    const first = enter("a");
    let ended = 0;
    for (let at = 0; at < 20_000; at += 1) {
      const user: SlotUser = {
        start: () => {
          ended += 1;
          slots.leave("b", user);
        },
      };
      slots.enter("b", user);
    }
    leave(first);
    expect([ended, slots.counts]).toEqual([20_000, { taken: 0, waiting: 0, keys: 0 }]);
  });

  test("are quiet when nobody waits", async () => {
    const slots = new ConnectionSlots({ total: 1, perKey: 1 });
    const { enter, leave } = callersOf(slots);
    const [first, second] = [enter("a"), enter("a")];
    await new ConnectionSlots({ total: 1, perKey: 1 }).quiet();
    const quiet = slots.quiet();
    expect(slots.waiting()).toEqual([second]);
    leave(first);
    await quiet;
    expect(slots.waiting()).toEqual([]);
  });

  const change = fc.oneof(
    fc.record({ key: fc.constantFrom("a", "b", "c", "d") }),
    fc.record({ leaves: fc.nat() }),
  );
  const bounds = fc
    .tuple(fc.integer({ min: 1, max: 6 }), fc.nat())
    .map(([total, share]): SlotBounds => ({ total, perKey: 1 + (share % total) }));
  type Change = { readonly key: string } | { readonly leaves: number } | SlotBounds;

  /** Plays calls that come and go, looks on after each, and has all leave in the end. */
  function play(
    slots: ConnectionSlots<SlotUser>,
    changes: readonly Change[],
    look: (inside: readonly Caller[], started: readonly string[]) => void,
  ): void {
    const { started, enter, leave } = callersOf(slots);
    const inside: Caller[] = [];
    for (const each of changes) {
      if ("total" in each) slots.resize(each);
      else if ("key" in each) inside.push(enter(each.key));
      else inside.splice(each.leaves % Math.max(inside.length, 1), 1).forEach(leave);
      look(inside, started);
    }
    inside.forEach(leave);
    expect(slots.counts).toEqual({ taken: 0, waiting: 0, keys: 0 });
  }

  test("hold their bounds, keep nobody waiting who may start, and are all free in the end", () => {
    fc.assert(
      fc.property(bounds, fc.array(change, { maxLength: 120 }), ({ total, perKey }, changes) => {
        const slots = new ConnectionSlots({ total, perKey });
        play(slots, changes, (inside, started) => {
          const { taken, waiting } = slots.counts;
          expect([taken + waiting, taken <= total]).toEqual([inside.length, true]);
          for (const key of new Set(inside.map((caller) => caller.key))) {
            const own = inside.filter((caller) => caller.key === key);
            const held = own.filter(({ name }) => started.includes(name)).length;
            expect(held).toBeLessThanOrEqual(perKey);
            expect(taken < total && held < perKey && held < own.length).toBe(false);
          }
        });
      }),
    );
  });

  test("are all free in the end also where their bounds change", () => {
    fc.assert(
      fc.property(fc.array(fc.oneof(change, bounds), { maxLength: 120 }), (changes) => {
        const slots = new ConnectionSlots({ total: 3, perKey: 2 });
        play(slots, [...changes, { total: 1, perKey: 1 }], (inside) => {
          const { taken, waiting } = slots.counts;
          expect(taken + waiting).toBe(inside.length);
        });
      }),
    );
  });
});
