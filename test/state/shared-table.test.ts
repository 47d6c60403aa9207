import { describe, expect, it } from "vitest";
import { createTableMemory, SharedTable } from "../../src/state/shared-table.ts";

function tableOf(shape: { rows: number; numbers?: number; counts?: number; threads?: number }) {
  const memory = createTableMemory({ numbers: 0, counts: 0, threads: 2, ...shape });
  return [new SharedTable(memory, 0), new SharedTable(memory, 1)] as const;
}

describe("a table that threads share", () => {
  it("finds a row by the name that it was made for, from each thread", () => {
    const [one, other] = tableOf({ rows: 512, numbers: 2 });
    const names = Array.from({ length: 300 }, (_, at) => one.name(`name-${at}`));
    for (const [at, name] of names.entries()) one.setNumber(one.open(name), 1, at);
    for (const [at, name] of names.entries()) expect(other.number(other.find(name), 1)).toBe(at);
    expect(other.find(other.name("name"))).toBe(-1);
  });

  it("keeps whole numbers up to 2^53 - 1 in each place of a row", () => {
    const [table] = tableOf({ rows: 64, numbers: 3 });
    const row = table.open(table.name("a"));
    table.setNumber(row, 0, Number.MAX_SAFE_INTEGER);
    table.setNumber(row, 2, -5);
    expect(table.addNumber(row, 2, 7)).toBe(2);
    expect([0, 1, 2].map((index) => table.number(row, index))).toEqual([
      Number.MAX_SAFE_INTEGER,
      0,
      2,
    ]);
  });

  it("without counts gives the row that was made first to another name, when it is full", () => {
    const [table] = tableOf({ rows: 64, numbers: 1 });
    const names = Array.from({ length: 65 }, (_, at) => table.name(`name-${at}`));
    for (const name of names) table.setNumber(table.open(name), 0, 1);
    const found = names.map((name) => table.find(name) >= 0);
    expect(found).toEqual([false, ...Array.from({ length: 64 }, () => true)]);
  });

  it("with counts gives away only rows in which no thread counts", () => {
    const [one, other] = tableOf({ rows: 64, counts: 1 });
    const names = Array.from({ length: 64 }, (_, at) => one.name(`name-${at}`));
    for (const name of names) {
      const row = one.open(name);
      Atomics.add(other.words, other.countAt(row, 0, 1), 1);
    }
    const more = one.name("more");
    expect(one.open(more)).toBe(-1);
    const [first] = names;
    if (first === undefined) throw new Error("no names");
    const row = one.find(first);
    Atomics.sub(other.words, other.countAt(row, 0, 1), 1);
    expect(one.open(more)).toBe(row);
    expect(one.has(row, first)).toBe(false);
  });

  it("gives back what a thread counted, its claims and its lock", () => {
    const [one, other] = tableOf({ rows: 64, counts: 2 });
    const name = one.name("a");
    const row = one.open(name);
    Atomics.add(one.words, one.countAt(row, 0, 0), 3);
    Atomics.add(one.words, one.countAt(row, 1, 1), 4);
    // As if the thread had ended while it held the lock.
    Atomics.store(one.words, 0, 2);
    other.release(1);
    expect([one.sum(row, 0), one.sum(row, 1)]).toEqual([3, 0]);
    expect(one.open(one.name("b"))).toBeGreaterThan(0);
  });

  it("takes no lock for ever from who ended with it", () => {
    const [one] = tableOf({ rows: 64, counts: 1 });
    Atomics.store(one.words, 0, 2);
    expect(one.open(one.name("a"))).toBe(-1);
  });
});
