import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { FairQueue, type Place, type Share } from "../../../src/policies/queue/fair-queue.ts";

interface Item extends Place {
  readonly label: string;
}

const any = () => true;
const key = (name: string, weight = 1): Share => ({ name, weight });

function item(label: string, more: Partial<Place> = {}): Item {
  return { label, priority: 128, shares: [key(label[0] ?? "")], ...more };
}

/** The labels in the order in which they are taken. */
function drain(queue: FairQueue<Item>): string {
  const order: string[] = [];
  for (let next = queue.take(any); next !== undefined; next = queue.take(any))
    order.push(next.label);
  return order.join(" ");
}

function queueOf(...items: readonly Item[]): FairQueue<Item> {
  const queue = new FairQueue<Item>();
  for (const one of items) queue.add(one);
  return queue;
}

describe("a fair queue", () => {
  it("gives each key its turn, so that one with many calls holds up no other", () => {
    const many = ["a1", "a2", "a3", "a4"].map((label) => item(label));
    expect(drain(queueOf(...many, item("b1"), item("c1")))).toBe("a1 b1 c1 a2 a3 a4");
  });

  it("gives turns by weight", () => {
    const heavy = ["a1", "a2", "a3", "a4"].map((one) => item(one, { shares: [key("a", 2)] }));
    const light = ["b1", "b2"].map((one) => item(one));
    expect(drain(queueOf(...heavy, ...light))).toBe("a1 b1 a2 a3 b2 a4");
  });

  it("gives turns to teams first, and within a team to its keys", () => {
    const of = (label: string, team: string) =>
      item(label, { shares: [key(team), key(label[0] ?? "")] });
    const queue = queueOf(of("a1", "t"), of("a2", "t"), of("b1", "t"), of("c1", "u"), item("d1"));
    expect(drain(queue)).toBe("a1 c1 d1 b1 a2");
  });

  it("gives lower numbers of priority their turns first", () => {
    const queue = queueOf(
      item("a1", { priority: 255 }),
      item("a2", { priority: 0 }),
      item("b1"),
      item("b2", { priority: 0 }),
    );
    expect(drain(queue)).toBe("a2 b2 b1 a1");
  });

  it("does not save up what a key did not use", () => {
    const queue = queueOf(item("a1"), item("a2"), item("a3"));
    queue.take(any);
    queue.take(any);
    for (const label of ["b1", "b2", "b3"]) queue.add(item(label));
    queue.add(item("a4"));
    expect(drain(queue)).toBe("b1 a3 b2 a4 b3");
  });

  it("gives no key more for calls that come one by one", () => {
    const queue = queueOf(...["a1", "a2", "a3", "a4"].map((label) => item(label)));
    const order: string[] = [];
    for (let at = 1; at <= 4; at += 1) {
      queue.add(item(`b${at}`));
      order.push(queue.take(any)?.label ?? "", queue.take(any)?.label ?? "");
    }
    expect(order.join(" ")).toBe("a1 b1 a2 b2 a3 b3 a4 b4");
  });

  it("passes over what may not go, which keeps its place", () => {
    const queue = queueOf(item("a1"), item("a2"), item("b1"));
    expect(queue.take(({ label }) => label !== "a1")?.label).toBe("a2");
    expect(queue.take(() => false)).toBeUndefined();
    expect(drain(queue)).toBe("b1 a1");
  });

  it("is first come, first served within a key and a priority, and loses nothing", () => {
    const step = fc.record({
      key: fc.constantFrom("a", "b", "c"),
      team: fc.constantFrom(undefined, "t", "u"),
      priority: fc.constantFrom(0, 128, 255),
      weight: fc.integer({ min: 1, max: 5 }),
      takes: fc.integer({ min: 0, max: 2 }),
      leaves: fc.boolean(),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const queue = new FairQueue<Item>();
        const inside = new Set<Item>();
        for (const [at, { takes, leaves, ...of }] of steps.entries()) {
          const one = itemOf(at, of);
          queue.add(one);
          inside.add(one);
          for (let left = takes; left > 0; left -= 1) takeNext(queue, inside);
          if (leaves) removeFirst(queue, inside);
          expect(queue.size).toBe(inside.size);
        }
        while (inside.size > 0) takeNext(queue, inside);
        expect(queue.size).toBe(0);
      }),
    );
  });

  it("gives keys that always have calls turns in proportion to their weights", () => {
    const weights = fc.array(fc.integer({ min: 1, max: 10 }), { minLength: 2, maxLength: 5 });
    fc.assert(
      fc.property(weights, (all) => {
        const queue = new FairQueue<Item>();
        const add = (at: number) => {
          const share = key(String(at), all[at]);
          queue.add({ label: String(at), priority: 0, shares: [share] });
        };
        for (const at of all.keys()) add(at);
        const total = all.reduce((sum, weight) => sum + weight, 0);
        const turns = all.map(() => 0);
        for (let round = 0; round < 10 * total; round += 1) {
          const at = Number(queue.take(any)?.label);
          turns[at] = (turns[at] ?? 0) + 1;
          add(at);
        }
        for (const [at, weight] of all.entries())
          expect(Math.abs((turns[at] ?? 0) - 10 * weight)).toBeLessThanOrEqual(1);
      }),
    );
  });
});

function itemOf(
  at: number,
  {
    key: name,
    team,
    priority,
    weight,
  }: { key: string; team: string | undefined; priority: number; weight: number },
): Item {
  const own = key(name, weight);
  return { label: `${name}${at}`, priority, shares: team === undefined ? [own] : [key(team), own] };
}

/** What is taken is of the lowest number, and the first of its key. */
function takeNext(queue: FairQueue<Item>, inside: Set<Item>): void {
  const next = queue.take(any);
  expect(next === undefined).toBe(inside.size === 0);
  if (next === undefined) return;
  expect(next.priority).toBe(Math.min(...Array.from(inside, ({ priority }) => priority)));
  expect(next).toBe([...inside].find((one) => placeOf(one) === placeOf(next)));
  inside.delete(next);
}

function removeFirst(queue: FairQueue<Item>, inside: Set<Item>): void {
  const [gone] = inside;
  if (gone === undefined) return;
  expect(queue.remove(gone)).toBe(true);
  expect(queue.remove(gone)).toBe(false);
  inside.delete(gone);
}

function placeOf({ priority, shares }: Item): string {
  return JSON.stringify([priority, shares.map(({ name }) => name)]);
}
