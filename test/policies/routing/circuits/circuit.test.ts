import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ErrorReason } from "../../../../gen/parlance/error/v1/error_reason_pb.js";
import {
  beginProbe,
  type CircuitFailure,
  type CircuitRule,
  circuitOf,
  endProbe,
  noteFailure,
  noteSuccess,
} from "../../../../src/policies/routing/circuits/circuit.ts";
import { createMemoryState } from "../../../../src/state/state.ts";

const rule: CircuitRule = {
  failurePercent: 50,
  minCalls: 4,
  consecutiveFailures: 3,
  openForMs: 5000,
};

/** A circuit of one target at a time that a test sets. */
function setUp(nowMs = 1_000_000) {
  const record = createMemoryState().records.open("t");
  let consecutive = 0;
  const self = {
    nowMs,
    ok() {
      consecutive = 0;
      noteSuccess(record, self.nowMs);
    },
    fail(failure: Partial<CircuitFailure> = {}) {
      consecutive += 1;
      noteFailure(
        record,
        {
          failure: { reason: ErrorReason.UPSTREAM_UNAVAILABLE, immediate: false, ...failure },
          consecutive,
          rule,
        },
        self.nowMs,
      );
    },
    probe: () => beginProbe(record, self.nowMs),
    endProbe: () => endProbe(record),
    circuit: () => circuitOf(record, self.nowMs),
  };
  return self;
}

type Steps = (circuit: ReturnType<typeof setUp>) => void;

describe("a circuit", () => {
  const cases: readonly (readonly [title: string, steps: Steps, state: string, openMs?: number])[] =
    [
      ["is closed at first", () => undefined, "closed"],
      ["stays closed after a few failures", (one) => [one.fail(), one.fail()], "closed"],
      [
        "opens after failures in a row",
        (one) => [one.fail(), one.fail(), one.fail()],
        "open",
        5000,
      ],
      [
        "counts failures in a row from the last answer",
        (one) => [one.ok(), one.ok(), one.ok(), one.fail(), one.fail(), one.ok(), one.fail()],
        "closed",
      ],
      [
        "opens by the share of failures",
        (one) => [one.ok(), one.fail(), one.ok(), one.fail()],
        "open",
        5000,
      ],
      [
        "looks at the calls of the last 10 seconds",
        (one) => {
          one.ok();
          one.fail();
          one.nowMs += 10_000;
          one.ok();
          one.fail();
        },
        "closed",
      ],
      ["opens at once after a rate limit", (one) => one.fail({ immediate: true }), "open", 5000],
      [
        "stays open for as long as the vendor says",
        (one) => one.fail({ immediate: true, retryAfterMs: 60_000 }),
        "open",
        60_000,
      ],
      [
        "stays open for less where a vendor with a rate limit says so",
        (one) => one.fail({ immediate: true, retryAfterMs: 4000 }),
        "open",
        4000,
      ],
      [
        "stays open for half of its own time at least",
        (one) => one.fail({ immediate: true, retryAfterMs: 1 }),
        "open",
        2500,
      ],
      [
        "stays open for its own time where a vendor that is down says less",
        (one) => [one.fail(), one.fail(), one.fail({ retryAfterMs: 1000 })],
        "open",
        5000,
      ],
      [
        "stays open for an hour at most",
        (one) => one.fail({ immediate: true, retryAfterMs: 1e12 }),
        "open",
        3_600_000,
      ],
    ];
  for (const [title, steps, state, openMs] of cases) {
    it(title, () => {
      const one = setUp();
      steps(one);
      expect(one.circuit()).toEqual(
        openMs === undefined ? { state } : { state, untilMs: one.nowMs + openMs },
      );
    });
  }

  const opened = () => {
    const one = setUp();
    one.fail({ immediate: true });
    one.nowMs += 5000;
    return one;
  };

  it("is probed by one call at a time", () => {
    const one = opened();
    expect(one.circuit()).toEqual({ state: "half_open" });
    expect([one.probe(), one.probe()]).toEqual([true, false]);
    expect(one.circuit().state).toBe("probing");
  });

  it("closes after a probe that is answered, and forgets the failures before", () => {
    const one = opened();
    one.probe();
    one.ok();
    one.fail();
    expect(one.circuit()).toEqual({ state: "closed" });
  });

  it("opens again after a probe that fails", () => {
    const one = opened();
    one.probe();
    one.fail();
    expect(one.circuit()).toEqual({ state: "open", untilMs: one.nowMs + 5000 });
  });

  it("is probed again after a probe whose caller left, or that never ended", () => {
    const one = opened();
    one.probe();
    one.endProbe();
    expect(one.probe()).toBe(true);
    one.nowMs += 60_000;
    expect(one.probe()).toBe(true);
  });

  type Step = "ok" | "probe" | number | CircuitFailure;
  const play = (one: ReturnType<typeof setUp>, step: Step): void => {
    if (step === "ok") one.ok();
    else if (step === "probe") one.probe();
    else if (typeof step === "number") one.nowMs += step;
    else one.fail(step);
  };

  it("is called again in the end, whatever happened", () => {
    const step = fc.oneof(
      fc.constant("ok" as const),
      fc.record({
        reason: fc.constant(ErrorReason.UPSTREAM_RATE_LIMITED),
        immediate: fc.boolean(),
        retryAfterMs: fc.nat(7_200_000),
      }),
      fc.constant("probe" as const),
      fc.nat(20_000),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const one = setUp();
        for (const each of steps) play(one, each);
        one.nowMs += 3_600_000;
        return one.circuit().state === "closed" || one.probe();
      }),
    );
  });
});
