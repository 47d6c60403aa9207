import { describe, expect, it } from "vitest";
import { createVirtualClock } from "../../../bench/routing-study/virtual-clock.ts";

describe("a virtual clock", () => {
  it("runs timers at their times, and those of one time in the order in which they were set", async () => {
    const clock = createVirtualClock();
    const ran: string[] = [];
    const note = (name: string) => () => ran.push(`${name} at ${clock.nowMs()}`);
    for (const [name, ms] of [
      ["c", 30],
      ["a", 10],
      ["d", 30],
      ["b", 20],
      ["e", 1e9],
    ] as const)
      clock.schedule(note(name), ms);
    await clock.run();
    expect(ran).toEqual(["a at 10", "b at 20", "c at 30", "d at 30", `e at ${1e9}`]);
  });

  it("does not run a timer that was called off, and does not wait for it", async () => {
    const clock = createVirtualClock();
    const ran: number[] = [];
    const callOff = clock.schedule(() => ran.push(1), 50);
    clock.schedule(callOff, 20);
    await clock.run();
    expect([ran, clock.nowMs()]).toEqual([[], 20]);
  });

  it("lets promises settle before the next timer runs", async () => {
    const clock = createVirtualClock();
    const times: number[] = [];
    const pause = (ms: number) => new Promise<void>((resolve) => void clock.schedule(resolve, ms));
    const steps = async () => {
      for (let step = 0; step < 3; step += 1) {
        await pause(10);
        await Promise.resolve();
        times.push(clock.nowMs());
      }
    };
    const done = steps();
    clock.schedule(() => undefined, 15);
    await clock.run();
    await done;
    expect(times).toEqual([10, 20, 30]);
  });
});
