import { describe, expect, it } from "vitest";
import { ErrorReason } from "../../../../gen/parlance/error/v1/error_reason_pb.js";
import { handleCall } from "../../../../src/core/attempt.ts";
import { errorBehaviour } from "../../../../src/core/faults/error-behaviour.ts";
import { GatewayError } from "../../../../src/core/faults/gateway-error.ts";
import { createHealthTracker, health } from "../../../../src/policies/routing/circuits/health.ts";
import { createMemoryState } from "../../../../src/state/state.ts";
import { attemptedCall, callOf, rejection, replyOf } from "../../../calls.ts";

const target = { provider: "p", model: "m" };

function setUp() {
  let now = 1000;
  const tracker = createHealthTracker(createMemoryState().records, () => now++);
  const call = async (outcome: "ok" | "stream breaks" | "caller leaves" | ErrorReason) => {
    const handler = health({
      tracker,
      classes: errorBehaviour,
      rule: () => undefined,
      wallMs: () => now,
    })(async ({ life }) => {
      if (typeof outcome === "number")
        throw new GatewayError({ reason: outcome, message: "failed" });
      const fault = { reason: ErrorReason.UPSTREAM_CUT, message: "cut" };
      if (outcome === "ok") life.end({ kind: "whole" });
      else if (outcome === "caller leaves") life.end({ kind: "left" });
      else life.end({ kind: "broken", fault });
      return replyOf(target);
    });
    await handleCall(attemptedCall(callOf(), target), handler).catch(() => undefined);
  };
  return { tracker, call };
}

describe("the health of a target", () => {
  const overloaded = ErrorReason.UPSTREAM_OVERLOADED;
  const cases: readonly (readonly [
    title: string,
    calls: readonly Parameters<ReturnType<typeof setUp>["call"]>[0][],
    failures: number | undefined,
  ])[] = [
    ["is unknown before a call", [], undefined],
    ["is good after an answer", ["ok"], 0],
    ["counts failures of its own", [overloaded, overloaded], 2],
    ["counts a stream that broke", ["stream breaks"], 1],
    ["is good again after an answer", [overloaded, "ok"], 0],
    [
      "does not suffer from a caller's bad request",
      ["ok", ErrorReason.UPSTREAM_INVALID_REQUEST],
      0,
    ],
    [
      "does not suffer from a prompt that is too long",
      ["ok", ErrorReason.UPSTREAM_CONTEXT_LENGTH],
      0,
    ],
    ["does not suffer from a caller who leaves", ["caller leaves"], undefined],
    ["is not healed by a caller who leaves", [overloaded, "caller leaves"], 1],
    ["suffers from a refused credential", [ErrorReason.UPSTREAM_UNAUTHENTICATED], 1],
  ];
  for (const [title, calls, failures] of cases) {
    it(title, async () => {
      const { tracker, call } = setUp();
      for (const outcome of calls) await call(outcome);
      expect(tracker.of(target)?.consecutiveFailures).toBe(failures);
    });
  }

  it("remembers when and why", async () => {
    const { tracker, call } = setUp();
    await call("ok");
    await call(overloaded);
    expect(tracker.of(target)).toMatchObject({
      lastSuccessMs: 1000,
      lastFailureMs: 1001,
      lastReason: overloaded,
    });
  });

  it("keeps a circuit open that an answer to an earlier call comes after", () => {
    const { tracker } = setUp();
    const rule = { failurePercent: 50, minCalls: 5, consecutiveFailures: 5, openForMs: 60_000 };
    const reason = ErrorReason.UPSTREAM_RATE_LIMITED;
    tracker.failed(target, { reason, immediate: true, retryAfterMs: 600_000 }, rule);
    tracker.succeeded(target, 999);
    expect(tracker.circuit(target).state).toBe("open");
    expect(tracker.of(target)?.consecutiveFailures).toBe(0);
    tracker.succeeded(target, 2000);
    expect(tracker.circuit(target).state).toBe("closed");
  });

  it("hands the failure on", async () => {
    const { tracker } = setUp();
    const fault = new GatewayError({ reason: overloaded, message: "busy" });
    const handler = health({
      tracker,
      classes: errorBehaviour,
      rule: () => undefined,
      wallMs: () => 1000,
    })(() => Promise.reject(fault));
    expect(await rejection(handler(attemptedCall(callOf(), target)))).toBe(fault);
  });
});
