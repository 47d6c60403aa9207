import { describe, expect, it } from "vitest";
import type { Event } from "../../../gen/parlance/chat/v1/event_pb.js";
import { ErrorReason } from "../../../gen/parlance/error/v1/error_reason_pb.js";
import type { Outcome } from "../../../src/core/call.ts";
import { GatewayError } from "../../../src/core/gateway-error.ts";
import { textDelta } from "../../../src/events/make-events.ts";
import { mergeAnswers } from "../../../src/policies/emulation/merge-choices.ts";
import type { PartCalls } from "../../../src/policies/emulation/part-calls.ts";

type Batch = readonly Event[];

/** A stream whose steps are given from outside, as a vendor's come. */
function createSource() {
  const steps: PromiseWithResolvers<IteratorResult<Batch>>[] = [];
  let left = 0;
  const stream: AsyncIterable<Batch> = {
    [Symbol.asyncIterator]: () => ({
      next() {
        const step = Promise.withResolvers<IteratorResult<Batch>>();
        steps.push(step);
        return step.promise;
      },
      async return() {
        left += 1;
        for (const step of steps) step.resolve({ done: true, value: undefined });
        return { done: true, value: undefined };
      },
    }),
  };
  return {
    stream,
    left: () => left,
    say: (text: string) => steps.at(-1)?.resolve({ done: false, value: [textDelta(0, text)] }),
    end: () => steps.at(-1)?.resolve({ done: true, value: undefined }),
    fail: (error: unknown) => steps.at(-1)?.reject(error),
  };
}

function merge() {
  const outcomes: Omit<Outcome, "usage">[] = [];
  let cancelled = 0;
  const parts: PartCalls = {
    run: () => Promise.reject(new Error("not used")),
    cancel() {
      cancelled += 1;
    },
    usage: () => undefined,
    settle: (outcome) => void outcomes.push(outcome),
  };
  const sources = [createSource(), createSource()] as const;
  const merged = mergeAnswers(
    sources.map(({ stream }) => stream),
    parts,
  );
  return {
    sources,
    outcomes,
    cancelled: () => cancelled,
    iterator: merged[Symbol.asyncIterator](),
  };
}

describe("merged answers", () => {
  it("settle once, with all answers read to their end", async () => {
    const { sources, outcomes, iterator } = merge();
    const first = iterator.next();
    sources[1].say("hi");
    expect((await first).value).toMatchObject([
      { event: { case: "textDelta", value: { choice: 1, text: "hi" } } },
    ]);
    const last = iterator.next();
    for (const source of sources) source.end();
    expect(await last).toEqual({ done: true, value: undefined });
    expect(await iterator.next()).toEqual({ done: true, value: undefined });
    expect(outcomes.every(({ callerGone }) => !callerGone)).toBe(true);
    expect(outcomes.length).toBeGreaterThan(0);
  });

  it("settle as left, and only so, when the caller leaves while it waits for the next", async () => {
    const { sources, outcomes, cancelled, iterator } = merge();
    const waiting = iterator.next();
    await iterator.return?.();
    expect(await waiting).toEqual({ done: true, value: undefined });
    expect(outcomes[0]).toEqual({ callerGone: true });
    expect(outcomes).toHaveLength(1);
    expect(cancelled()).toBe(1);
    expect(sources.map((source) => source.left())).toEqual([1, 1]);
  });

  it("settle as broken when one answer breaks, and cancel the others", async () => {
    const { sources, outcomes, cancelled, iterator } = merge();
    const waiting = iterator.next();
    const fault = { reason: ErrorReason.UPSTREAM_CUT, message: "cut" };
    sources[0].fail(new GatewayError(fault));
    await expect(waiting).rejects.toThrow("cut");
    expect(outcomes).toEqual([{ callerGone: false, fault }]);
    expect(cancelled()).toBe(1);
    expect(sources[1].left()).toBe(1);
    expect(await iterator.next()).toEqual({ done: true, value: undefined });
  });
});
