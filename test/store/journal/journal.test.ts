import {
  appendFileSync,
  readdirSync,
  readFileSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Journal, openJournal } from "../../../src/store/journal/journal.ts";
import { takeLeftSlots, takeSlot } from "../../../src/store/journal/journal-slot.ts";
import { scratchFolder } from "../store-gateway.ts";

const open = (folder: string, over: Partial<Parameters<typeof openJournal>[0]> = {}): Journal =>
  openJournal({ folder, maxBytes: 2 ** 30, onDamage: () => undefined, ...over });
const bytes = (...texts: string[]) => texts.map((text) => Buffer.from(text));
/** Reads and lets go of all. */
const drain = (journal: Journal, max = 7): string[] => {
  const all: string[] = [];
  for (;;) {
    const batch = journal.read(max);
    if (batch === undefined) return all;
    all.push(...batch.records);
    batch.done();
  }
};
const logs = (folder: string) => readdirSync(folder).filter((name) => name.endsWith(".log"));

describe("the journal", () => {
  it("gives records back in their order, also those of an earlier process", () => {
    fc.assert(
      fc.property(
        fc.array(fc.array(fc.string({ unit: "binary" }), { maxLength: 5 }), { maxLength: 10 }),
        fc.integer({ min: 1, max: 4 }),
        (batches, max) => {
          const folder = scratchFolder();
          const expected: string[] = [];
          for (const batch of batches) {
            const journal = open(folder);
            expect(journal.append(bytes(...batch))).toBe(true);
            journal.close();
            expected.push(...batch);
          }
          const journal = open(folder);
          expect(drain(journal, max)).toEqual(expected);
          expect(journal.bytes()).toBe(0);
          journal.close();
        },
      ),
      { numRuns: 30 },
    );
  });

  it("reads again what was not done, and never what was", () => {
    const folder = scratchFolder();
    const journal = open(folder);
    journal.append(bytes("a", "b", "c"));
    expect(journal.read(2)?.records).toEqual(["a", "b"]);
    expect([...journal.scan()].flat().slice(0, 2)).toEqual(["a", "b"]);
    expect(journal.read(1)?.records).toEqual(["a"]);
    journal.read(2)?.done();
    expect([...journal.scan()].flat()).not.toContain("b");
    expect(drain(journal)).toEqual(["c"]);
    journal.append(bytes("d"));
    expect(drain(journal)).toEqual(["d"]);
    journal.close();
  });

  it("takes no room once all is done", () => {
    const folder = scratchFolder();
    const journal = open(folder);
    for (let at = 0; at < 30; at += 1) journal.append(bytes("x".repeat(1_000_000)));
    expect(logs(folder).length).toBeGreaterThan(2);
    expect(drain(journal)).toHaveLength(30);
    expect(logs(folder)).toEqual([]);
    journal.close();
  });

  it("cuts off what a crash has left of a record", () => {
    for (const cut of [1, 5, 9]) {
      const folder = scratchFolder();
      const journal = open(folder);
      journal.append(bytes("whole", "half"));
      journal.close();
      const [name = ""] = logs(folder);
      const path = join(folder, name);
      truncateSync(path, readFileSync(path).length - cut);
      const damages: string[] = [];
      const next = open(folder, { onDamage: (message) => damages.push(message) });
      next.append(bytes("later"));
      expect(drain(next)).toEqual(["whole", "later"]);
      expect(damages).toEqual([]);
      next.close();
    }
  });

  it("keeps under another name what is no record, and says so", () => {
    const folder = scratchFolder();
    const journal = open(folder);
    journal.append(bytes("good", "changed", "after"));
    journal.close();
    const [name = ""] = logs(folder);
    const path = join(folder, name);
    const text = readFileSync(path);
    text.set(Buffer.from("CHANGED"), text.indexOf("changed"));
    writeFileSync(path, text);
    const damages: string[] = [];
    const next = open(folder, { onDamage: (message) => damages.push(message) });
    expect(drain(next)).toEqual(["good"]);
    expect(damages).toEqual([expect.stringContaining("are no records any more")]);
    expect(readFileSync(`${path}.damaged`).includes("after")).toBe(true);
    next.append(bytes("new"));
    expect(drain(next)).toEqual(["new"]);
    next.close();
  });

  it("survives any bytes in its place", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (noise) => {
        const folder = scratchFolder();
        const journal = open(folder);
        journal.append(bytes("first"));
        journal.close();
        appendFileSync(join(folder, logs(folder)[0] ?? ""), noise);
        const next = open(folder);
        next.append(bytes("last"));
        const all = drain(next);
        expect([all.at(0), all.at(-1)]).toEqual(["first", "last"]);
        next.close();
      }),
      { numRuns: 50 },
    );
  });

  it("takes no more than it may, until there is room again", () => {
    const journal = open(scratchFolder(), { maxBytes: 100 });
    expect(journal.append(bytes("x".repeat(80)))).toBe(true);
    expect(journal.append(bytes("y".repeat(10)))).toBe(false);
    expect(drain(journal)).toEqual(["x".repeat(80)]);
    expect(journal.append(bytes("y".repeat(10)))).toBe(true);
    journal.close();
  });

  it("has nothing of records that a full disk takes half of, and goes on after it", () => {
    const folder = scratchFolder();
    let room = 1_000;
    const disk = {
      write(file: number, data: Uint8Array) {
        if (room === 0) throw Object.assign(new Error("ENOSPC: no space"), { code: "ENOSPC" });
        const part = data.subarray(0, Math.min(room, data.length));
        room -= part.length;
        return writeSync(file, part);
      },
      sync: () => undefined,
    };
    const journal = open(folder, { disk });
    journal.append(bytes("a".repeat(500)));
    expect(() => journal.append(bytes("b".repeat(800)))).toThrow("ENOSPC");
    room = 10_000;
    journal.append(bytes("c"));
    expect(drain(journal)).toEqual(["a".repeat(500), "c"]);
    journal.close();
  });
});

describe("a slot", () => {
  it("is one process's alone, and those that were left are found", () => {
    const folder = scratchFolder();
    const first = takeSlot(folder);
    const second = takeSlot(folder);
    expect(second.folder).not.toBe(first.folder);
    expect(takeLeftSlots(folder, second)).toEqual([]);
    first.release();
    const left = takeLeftSlots(folder, second);
    expect(left.map((slot) => slot.folder)).toEqual([first.folder]);
    for (const slot of [...left, second]) slot.release();
  });
});
