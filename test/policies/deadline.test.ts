import { describe, expect, it } from "vitest";
import { ErrorReason } from "../../gen/parlance/error/v1/error_reason_pb.js";
import type { Call } from "../../src/core/call.ts";
import { GatewayError } from "../../src/core/faults/gateway-error.ts";
import { deadline } from "../../src/policies/deadline.ts";
import { callOf, rejection, replyOf } from "../calls.ts";
import { createFakeClock } from "../fake-clock.ts";

const reason = ErrorReason.DEADLINE_EXCEEDED;
const never = () => new Promise<never>(() => undefined);

/** A handler that runs until the call is aborted. */
const waits = (call: Call) =>
  new Promise<never>((_, reject) => call.life.onAbort((error) => reject(error)));

describe("the deadline", () => {
  it("passes a call without a bound on untouched", async () => {
    const clock = createFakeClock();
    const seen: Call[] = [];
    const call = callOf({ clock });
    await deadline({ timeoutMs: () => undefined, reason })(async (passed) => {
      seen.push(passed);
      return replyOf({ provider: "p", model: "m" });
    })(call);
    expect(seen[0]).toBe(call);
    expect(clock.waiting()).toBe(0);
  });

  it("aborts the call with its reason when the time is over", async () => {
    const clock = createFakeClock();
    const failed = rejection(deadline({ timeoutMs: () => 250, reason })(waits)(callOf({ clock })));
    clock.advance(249);
    expect(clock.waiting()).toBe(1);
    clock.advance(1);
    const error = (await failed) as GatewayError;
    expect([error.fault.reason, error.message]).toEqual([
      reason,
      "the call took longer than its deadline of 250 ms",
    ]);
    expect(clock.waiting()).toBe(0);
  });

  it("refuses at once where no time is left", () => {
    const layer = deadline({ timeoutMs: () => 0, reason });
    const reached = () => layer(() => Promise.reject(new Error("must not be reached")))(callOf());
    expect(reached).toThrow(GatewayError);
  });

  it("goes on through the stream and is called off when the call ends", () => {
    const clock = createFakeClock();
    const call = callOf({ clock });
    void deadline({ timeoutMs: () => 250, reason })(never)(call);
    expect(clock.waiting()).toBe(1);
    call.life.end({ kind: "whole" });
    expect(clock.waiting()).toBe(0);
  });

  it("does not move an earlier one", () => {
    const clock = createFakeClock();
    const call = callOf({ clock });
    void deadline({ timeoutMs: () => 250, reason })(never)(call);
    void deadline({ timeoutMs: () => 300, reason })(never)(call);
    expect([call.life.deadlineMs, clock.waiting()]).toEqual([250, 1]);
  });

  for (const abortFirst of [true, false]) {
    it(`leaves the caller's leaving as it is, ${abortFirst ? "before" : "while"} the call runs`, async () => {
      const clock = createFakeClock();
      const call = callOf({ clock });
      if (abortFirst) call.life.abort();
      const running = async () => deadline({ timeoutMs: () => 250, reason })(waits)(call);
      const failed = rejection(running());
      if (!abortFirst) call.life.abort();
      expect(((await failed) as GatewayError).fault.reason).toBe(ErrorReason.CANCELLED);
    });
  }
});
