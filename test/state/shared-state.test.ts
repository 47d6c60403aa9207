import { once } from "node:events";
import { Worker } from "node:worker_threads";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import {
  createSharedState,
  createStateMemory,
  releaseThread,
} from "../../src/state/shared-state.ts";
import { createMemoryState, type State } from "../../src/state/state.ts";
import { ConnectionSlots, type SlotUser } from "../../src/upstream/connection-slots.ts";

/** The states of so many threads over one memory; all within this one. */
function statesOf(threads: number) {
  const memory = createStateMemory(threads);
  const states = Array.from({ length: threads }, (_, thread) => createSharedState(memory, thread));
  return { memory, states };
}

const kinds: readonly (readonly [title: string, open: () => State])[] = [
  ["in memory", createMemoryState],
  ["shared", () => createSharedState(createStateMemory(3), 1)],
];

for (const [title, open] of kinds) {
  describe(`the state ${title}`, () => {
    it("lets so many be held as the limit says, by amounts too", () => {
      const slots = open().slots("a");
      expect([slots.take(2), slots.take(2), slots.take(2)]).toEqual([true, true, false]);
      slots.give();
      expect([slots.take(5, 5), slots.take(5, 4), slots.held()]).toEqual([false, true, 5]);
      slots.give(5);
      expect([slots.held(), slots.othersWait()]).toEqual([0, false]);
    });

    it("keeps records by name", () => {
      const { records } = open();
      expect(records.find("a")).toBeUndefined();
      const record = records.open("a");
      record.set(1, 1_764_000_000_000);
      expect([record.add(0, 2), record.add(0, -1)]).toEqual([2, 1]);
      const found = records.find("a");
      expect([0, 1, 2, 3].map((at) => found?.get(at as 0 | 1 | 2 | 3))).toEqual([
        1, 1_764_000_000_000, 0, 0,
      ]);
    });

    it("keeps no more records than it has room for, however many names there are", () => {
      const { records } = open();
      for (let at = 0; at < 40_000; at += 1) records.open(`name-${at}`).set(0, 1);
      const found = Array.from({ length: 40_000 }, (_, at) => records.find(`name-${at}`));
      const kept = found.filter((record) => record !== undefined).length;
      expect(kept).toBeLessThanOrEqual(16_384);
      expect(kept).toBeGreaterThanOrEqual(10_000);
      expect(found.at(-1)?.get(0)).toBe(1);
    });

    it("keeps tallies of doubles by name, until they are dropped", () => {
      const { tallies } = open();
      expect(tallies.find("a")).toBeUndefined();
      const tally = tallies.open("a");
      tally.set(0, -0.5);
      tally.add(0, 2);
      tally.add(511, 1e300);
      const found = tallies.find("a");
      expect([0, 1, 511].map((place) => found?.get(place))).toEqual([1.5, 0, 1e300]);
      tallies.drop("a");
      tally.add(0, 1);
      expect([tallies.find("a"), tally.get(0), tallies.open("a").get(0)]).toEqual([
        undefined,
        0,
        0,
      ]);
    });

    it("keeps half of the tallies that it has room for, whatever their names are", () => {
      const { tallies } = open();
      for (let at = 0; at < 512; at += 1) tallies.open(`name-${at}`).add(0, 1);
      const sum = Array.from({ length: 512 }, (_, at) => tallies.find(`name-${at}`)?.get(0));
      expect(sum.every((count) => count === 1)).toBe(true);
    });
  });
}

describe("notices between threads", () => {
  it("reach the other threads of the same gateway", async () => {
    const { states } = statesOf(2);
    const [heard, own, foreign]: string[][] = [[], [], []];
    const other = statesOf(1).states[0];
    other?.notices<string>("t", (text) => void foreign?.push(text));
    states[1]?.notices<string>("t", (text) => void heard?.push(text));
    states[0]?.notices<string>("t", (text) => void own?.push(text)).send("hello");
    await vi.waitFor(() => expect(heard).toEqual(["hello"]));
    expect([own, foreign]).toEqual([[], []]);
  });
});

describe("tallies that threads share", () => {
  it("have the sum of what all threads add", () => {
    const [one, other] = statesOf(2).states.map((state) => state.tallies.open("a"));
    one?.add(7, 0.25);
    other?.add(7, 0.5);
    expect([one?.get(7), other?.get(7)]).toEqual([0.75, 0.75]);
  });
});

describe("slots that threads share", () => {
  it("are seen by a thread that never took any", () => {
    const [here, there] = statesOf(2).states;
    const taken = there?.slots("a");
    taken?.take(3, 2);
    const seen = here?.slots("a");
    expect([seen?.held(), here?.slots("b").held()]).toEqual([2, 0]);
    taken?.give(2);
    expect(seen?.held()).toBe(0);
  });

  it("are held by all threads together", () => {
    const [one, other] = statesOf(2).states.map((state) => state.slots("a"));
    if (one === undefined || other === undefined) throw new Error("no states");
    expect([one.take(3), other.take(3), other.take(3), one.take(3)]).toEqual([
      true,
      true,
      true,
      false,
    ]);
    other.give();
    expect([one.take(3), one.held(), other.held()]).toEqual([true, 3, 3]);
  });

  it("come back when their thread has ended", async () => {
    const { memory, states } = statesOf(2);
    const [one, other] = states.map(
      (state) => new ConnectionSlots({ total: 2, perKey: 2 }, state, "p"),
    );
    const started: string[] = [];
    const user = (name: string): SlotUser => ({ start: () => void started.push(name) });
    one?.enter("k", user("one"));
    other?.enter("k", user("two"));
    one?.enter("k", user("three"));
    expect(started).toEqual(["one", "two"]);
    releaseThread(memory, 1);
    await vi.waitUntil(() => started.length === 3);
    expect(started).toEqual(["one", "two", "three"]);
  });

  it("go to each thread that waits, in turn", async () => {
    const threads = statesOf(3).states.map(
      (state) => new ConnectionSlots({ total: 1, perKey: 1 }, state, "p"),
    );
    const started: { readonly thread: number; readonly leave: () => void }[] = [];
    for (let call = 0; call < 9; call += 1) {
      const thread = call % 3;
      const slots = threads[thread];
      const user: SlotUser = {
        start: () => void started.push({ thread, leave: () => slots?.leave("k", user) }),
      };
      slots?.enter("k", user);
    }
    for (let ended = 0; ended < 9; ended += 1) {
      await vi.waitUntil(() => started.length === ended + 1);
      started[ended]?.leave();
    }
    expect(started.map(({ thread }) => thread)).toEqual([0, 1, 2, 0, 1, 2, 0, 1, 2]);
    expect(threads.map(({ counts }) => counts.keys)).toEqual([0, 0, 0]);
  });

  it("hold for a key over all threads, and leave the others to other keys", async () => {
    const [one, other] = statesOf(2).states.map(
      (state) => new ConnectionSlots({ total: 4, perKey: 2 }, state, "p"),
    );
    const started: string[] = [];
    const enter = (slots: typeof one, key: string, name: string) => {
      const user: SlotUser = { start: () => void started.push(name) };
      slots?.enter(key, user);
      return () => slots?.leave(key, user);
    };
    const leaveFirst = enter(one, "a", "a1");
    enter(other, "a", "a2");
    enter(other, "a", "a3");
    enter(other, "b", "b1");
    expect(started).toEqual(["a1", "a2", "b1"]);
    leaveFirst();
    await vi.waitUntil(() => started.includes("a3"));
  });
});

describe("slots under load of real threads", { timeout: 60_000 }, () => {
  it("are never more than the limit, are used up to it, and are all free in the end", async () => {
    const threads = 3;
    const [total, perKey, calls] = [4, 3, 3_000];
    const memory = createStateMemory(threads);
    // Word 0: calls inside; 1: the greatest number of them; 2 and 3: the same for key a.
    const seen = new Int32Array(new SharedArrayBuffer(16));
    const program = new URL("./slot-load.ts", import.meta.url);
    const run = () =>
      Array.from({ length: threads }, (_, thread) => {
        const worker = new Worker(program, {
          workerData: { memory, thread, total, perKey, calls, seen },
          execArgv: [],
        });
        onTestFinished(async () => void (await worker.terminate()));
        return once(worker, "message");
      });
    const reached = () => seen[1] === total && seen[3] === perKey;
    // Whether threads meet is up to the system, which may run them one after the other.
    for (let runs = 0; runs === 0 || (runs < 20 && !reached()); runs += 1)
      for (const [{ waiting, taken }] of await Promise.all(run()))
        expect([waiting, taken]).toEqual([0, 0]);
    expect(Array.from(seen)).toEqual([0, total, 0, perKey]);
    const slots = createSharedState(memory, 0).slots("p");
    expect(slots.held()).toBe(0);
  });
});
