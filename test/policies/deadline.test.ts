import { describe, expect, it } from "vitest";
import { ErrorReason } from "../../gen/parlance/error/v1/error_reason_pb.js";
import type { Call, Outcome } from "../../src/core/call.ts";
import { GatewayError } from "../../src/core/gateway-error.ts";
import { deadline, sooner } from "../../src/policies/deadline.ts";
import { callOf, rejection, replyOf } from "../calls.ts";

/** A clock whose timers run when told to. */
function fakeTimers() {
  const timers = new Map<() => void, number>();
  return {
    schedule: (run: () => void, delayMs: number) => {
      timers.set(run, delayMs);
      return () => void timers.delete(run);
    },
    delays: () => [...timers.values()],
    expire: () => {
      for (const run of [...timers.keys()]) run();
    },
  };
}

const reason = ErrorReason.DEADLINE_EXCEEDED;

describe("the deadline", () => {
  it("passes a call without a bound on untouched", async () => {
    const timers = fakeTimers();
    const seen: Call[] = [];
    const call = callOf();
    const layer = deadline({ timeoutMs: () => undefined, reason, schedule: timers.schedule });
    await layer(async (passed) => {
      seen.push(passed);
      return replyOf({ provider: "p", model: "m" });
    })(call);
    expect(seen[0]).toBe(call);
    expect(timers.delays()).toEqual([]);
  });

  it("aborts the call with its reason when the time is over", async () => {
    const timers = fakeTimers();
    const layer = deadline({ timeoutMs: () => 250, reason, schedule: timers.schedule });
    const waiting = layer(
      (call) =>
        new Promise((_, reject) =>
          call.signal?.addEventListener("abort", () => reject(call.signal?.reason)),
        ),
    );
    const failed = rejection(waiting(callOf()));
    expect(timers.delays()).toEqual([250]);
    timers.expire();
    const error = (await failed) as GatewayError;
    expect([error.fault.reason, error.message]).toEqual([
      reason,
      "the call took longer than its deadline of 250 ms",
    ]);
    expect(timers.delays()).toEqual([]);
  });

  it("refuses at once where no time is left", async () => {
    const layer = deadline({ timeoutMs: () => 0, reason, schedule: fakeTimers().schedule });
    const error = await rejection(
      layer(() => Promise.reject(new Error("must not be reached")))(callOf()),
    );
    expect(error).toBeInstanceOf(GatewayError);
  });

  it("goes on through the stream and is called off when the call settles", async () => {
    const timers = fakeTimers();
    const outcomes: Outcome[] = [];
    const layer = deadline({ timeoutMs: () => 250, reason, schedule: timers.schedule });
    const passed: Call[] = [];
    await layer(async (call) => {
      passed.push(call);
      return replyOf({ provider: "p", model: "m" });
    })(callOf({ outcomes }));
    expect(timers.delays()).toEqual([250]);
    passed[0]?.settle({ callerGone: false });
    expect([timers.delays(), outcomes]).toEqual([[], [{ callerGone: false }]]);
  });

  for (const [title, abortFirst] of [
    ["before", true],
    ["while", false],
  ] as const) {
    it(`passes the caller's leaving on, ${title} the call runs`, async () => {
      const caller = new AbortController();
      if (abortFirst) caller.abort("gone");
      const layer = deadline({ timeoutMs: () => 250, reason, schedule: fakeTimers().schedule });
      const reasons: unknown[] = [];
      const running = layer(async (call) => {
        if (!abortFirst) caller.abort("gone");
        reasons.push(call.signal?.reason);
        return replyOf({ provider: "p", model: "m" });
      })(callOf({ signal: caller.signal }));
      await running;
      expect(reasons).toEqual(["gone"]);
    });
  }
});

describe("the sooner of two bounds", () => {
  const cases = [
    [undefined, undefined, undefined],
    [1, undefined, 1],
    [undefined, 2, 2],
    [3, 2, 2],
  ] as const;
  for (const [first, second, expected] of cases) {
    it(`of ${first} and ${second} is ${expected}`, () =>
      expect(sooner(first, second)).toBe(expected));
  }
});
