import { describe, expect, it } from "vitest";
import { watchForHang } from "../../src/workers/hang-watch.ts";

/** A worker whose pings are answered by `answer`, all that are open. */
function startWorker() {
  const open: (() => void)[] = [];
  let pings = 0;
  const watch = watchForHang(() => {
    pings += 1;
    return new Promise<void>((resolve) => open.push(resolve));
  });
  return {
    look: watch.look,
    pings: () => pings,
    async answer() {
      for (const resolve of open.splice(0)) resolve();
      await Promise.resolve();
    },
  };
}

describe("a worker's event loop", () => {
  it("turns where each ping is answered before the next look, however long it serves", async () => {
    const worker = startWorker();
    for (let look = 0; look < 100; look += 1) {
      expect(worker.look(1_000)).toBe(false);
      await worker.answer();
    }
    expect(worker.pings()).toBe(100);
  });

  it("has stopped when a ping is unanswered for longer than the timeout, and no second one is sent", () => {
    const worker = startWorker();
    const looks = Array.from({ length: 33 }, () => worker.look(30_000));
    expect(looks.indexOf(true)).toBe(31);
    expect(worker.pings()).toBe(1);
  });

  it("may be late, and counts anew from each answer", async () => {
    const worker = startWorker();
    for (let round = 0; round < 3; round += 1) {
      for (let look = 0; look < 5; look += 1) expect(worker.look(4_000)).toBe(false);
      await worker.answer();
    }
  });

  it("gets a second to answer when the process was stopped between two looks", () => {
    const worker = startWorker();
    worker.look(1_000);
    expect(worker.look(1_000)).toBe(false);
    expect(worker.look(1_000)).toBe(true);
  });

  it("is left alone where the timeout is 0", () => {
    const worker = startWorker();
    expect(Array.from({ length: 10_000 }, () => worker.look(0))).not.toContain(true);
  });
});
