import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ErrorReason } from "../../gen/parlance/error/v1/error_reason_pb.js";
import type { Fault } from "../../src/core/faults/fault.ts";
import { GatewayError } from "../../src/core/faults/gateway-error.ts";
import { type End, endOf, Life } from "../../src/core/life.ts";
import { stopped } from "../calls.ts";
import { createFakeClock } from "../fake-clock.ts";

const whole: End = { kind: "whole" };
const late: Fault = { reason: ErrorReason.DEADLINE_EXCEEDED, message: "late" };

describe("the end of a life", () => {
  it("comes once, and what was added last runs first", () => {
    const life = new Life(stopped);
    const ran: string[] = [];
    life.atEnd(({ kind }) => ran.push(`first ${kind}`));
    life.atEnd(({ kind }) => ran.push(`second ${kind}`));
    life.end(whole);
    life.end({ kind: "left" });
    expect(ran).toEqual(["second whole", "first whole"]);
    expect(life.ended).toEqual(whole);
  });

  it("reaches who comes after it", () => {
    const life = new Life(stopped);
    life.end(whole);
    const ran: End[] = [];
    life.atEnd((end) => ran.push(end));
    expect(ran).toEqual([whole]);
  });

  it("aborts the children that still run, and no others", () => {
    const life = new Life(stopped);
    const [running, done] = [life.child(), life.child()];
    done.end(whole);
    life.end(whole);
    expect([running.reason?.fault.reason, done.reason]).toEqual([ErrorReason.CANCELLED, undefined]);
  });

  it("lets go of its parent, which holds on to nothing that has ended", () => {
    const life = new Life(stopped);
    for (let at = 0; at < 3; at += 1) life.child().end(whole);
    let reached = 0;
    const child = life.child();
    child.onAbort(() => {
      reached += 1;
    });
    child.end(whole);
    life.abort();
    expect(reached).toBe(0);
  });

  const cases: readonly (readonly [
    title: string,
    abort: ((life: Life) => void) | undefined,
    error: unknown,
    kind: End["kind"],
    reason: ErrorReason | undefined,
  ])[] = [
    ["broken by what was thrown", undefined, new GatewayError(late), "broken", late.reason],
    ["broken by a bug", undefined, new TypeError("no"), "broken", ErrorReason.INTERNAL],
    ["left where it was aborted without a fault", (life) => life.abort(), 0, "left", undefined],
    [
      "broken where it was aborted with one",
      (life) => life.abort(late),
      new GatewayError(late),
      "broken",
      late.reason,
    ],
  ];
  for (const [title, abort, error, kind, reason] of cases) {
    it(`is ${title}`, () => {
      const life = new Life(stopped);
      abort?.(life);
      const end = endOf(error, life.child());
      expect([end.kind, end.kind === "broken" ? end.fault.reason : undefined]).toEqual([
        kind,
        reason,
      ]);
    });
  }
});

describe("the abort of a life", () => {
  it("reaches listeners, signals and children, each once, also those that come later", () => {
    const life = new Life(stopped);
    const child = life.child();
    const seen: string[] = [];
    const { signal } = child;
    life.onAbort(() => seen.push("listener"));
    const callOff = life.onAbort(() => seen.push("called off"));
    callOff();
    child.onAbort(() => seen.push("child"));
    life.abort(late);
    life.abort();
    life.onAbort(() => seen.push("later"));
    expect(seen.toSorted()).toEqual(["child", "later", "listener"]);
    expect([signal.aborted, (signal.reason as GatewayError).fault]).toEqual([true, late]);
    expect([life.signal.aborted, life.child().reason?.fault]).toEqual([true, late]);
    expect(() => child.throwIfAborted()).toThrow("late");
  });

  it("does nothing after the end", () => {
    const life = new Life(stopped);
    life.end(whole);
    life.abort(late);
    expect([life.reason, life.signal.aborted]).toEqual([undefined, false]);
  });
});

describe("the deadline of a life", () => {
  it("is absolute, and the earliest holds for children too", () => {
    const clock = createFakeClock();
    const life = new Life(clock);
    life.limit(100, late);
    life.limit(200, late);
    const child = life.child();
    child.limit(50, { ...late, message: "attempt" });
    clock.advance(49);
    expect([life.deadlineMs, child.deadlineMs, child.remainingMs]).toEqual([100, 50, 1]);
    clock.advance(1);
    expect([child.reason?.message, life.reason]).toEqual(["attempt", undefined]);
    clock.advance(50);
    expect(life.reason?.message).toBe("late");
    expect(clock.waiting()).toBe(0);
  });
});

describe("entering stages", () => {
  it("is once for each life, and goes on where the parent stands", () => {
    const life = new Life(stopped);
    life.enter(0);
    life.enter(3);
    expect(() => life.enter(3)).toThrow("called next twice");
    const child = life.child();
    expect(() => child.enter(3)).toThrow("called next twice");
    child.enter(4);
    life.child().enter(4);
  });
});

describe("a tree of lives", () => {
  it("ends each exactly once, whatever happens in whatever order", () => {
    const step = fc.record({
      at: fc.nat(5),
      act: fc.constantFrom("end", "abort", "abort with fault", "child", "limit") as fc.Arbitrary<
        "end" | "abort" | "abort with fault" | "child" | "limit"
      >,
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 30 }), (steps) => {
        const clock = createFakeClock();
        const lives = [new Life(clock)];
        const counts: number[] = [];
        const watch = (life: Life, index: number): void => {
          counts[index] = 0;
          life.atEnd(() => {
            counts[index] = (counts[index] ?? 0) + 1;
          });
          life.onAbort((reason) => life.end(endOf(reason, life)));
        };
        for (const [index, life] of lives.entries()) watch(life, index);
        const acts = {
          end: (life: Life) => life.end(whole),
          abort: (life: Life) => life.abort(),
          "abort with fault": (life: Life) => life.abort(late),
          limit: (life: Life) => life.limit(clock.nowMs() + 5, late),
          child: (life: Life) => {
            lives.push(life.child());
            watch(lives.at(-1) ?? life, lives.length - 1);
          },
        };
        for (const { at, act } of steps) {
          const life = lives[at % lives.length];
          if (life !== undefined) acts[act](life);
        }
        for (const life of lives) life.end(whole);
        clock.advance(10);
        expect(counts.every((count) => count === 1)).toBe(true);
        expect(clock.waiting()).toBe(0);
      }),
    );
  });
});
