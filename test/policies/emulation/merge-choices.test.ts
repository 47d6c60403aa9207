import { describe, expect, it } from "vitest";
import { ErrorReason } from "../../../gen/parlance/error/v1/error_reason_pb.js";
import type { Piece } from "../../../src/core/call.ts";
import { GatewayError } from "../../../src/core/faults/gateway-error.ts";
import { textDelta } from "../../../src/events/make-events.ts";
import { mergeChoices } from "../../../src/policies/emulation/merge-choices.ts";
import type { PartCalls, PartsEnd } from "../../../src/policies/emulation/part-calls.ts";

/** A stream whose steps are given from outside, as a vendor's come. */
function createSource() {
  const steps: PromiseWithResolvers<IteratorResult<Piece>>[] = [];
  let left = 0;
  const stream: AsyncIterable<Piece> = {
    [Symbol.asyncIterator]: () => ({
      next() {
        const step = Promise.withResolvers<IteratorResult<Piece>>();
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
    say: (text: string) =>
      steps.at(-1)?.resolve({ done: false, value: { events: [textDelta(0, text)] } }),
    end: () => steps.at(-1)?.resolve({ done: true, value: undefined }),
    fail: (error: unknown) => steps.at(-1)?.reject(error),
  };
}

function merge() {
  const ends: PartsEnd[] = [];
  let cancelled = 0;
  const parts: PartCalls = {
    run: () => Promise.reject(new Error("not used")),
    cancel() {
      cancelled += 1;
    },
    usage: () => undefined,
    end: (how) => void ends.push(how),
  };
  const sources = [createSource(), createSource()] as const;
  const merged = mergeChoices(
    sources.map(({ stream }) => stream),
    parts,
  );
  return {
    sources,
    ends,
    cancelled: () => cancelled,
    iterator: merged[Symbol.asyncIterator](),
  };
}

describe("merged choices", () => {
  it("end once, with all answers read to their end", async () => {
    const { sources, ends, iterator } = merge();
    const first = iterator.next();
    sources[1].say("hi");
    expect((await first).value).toMatchObject({
      events: [{ event: { case: "textDelta", value: { choice: 1, text: "hi" } } }],
    });
    const last = iterator.next();
    for (const source of sources) source.end();
    expect(await last).toEqual({ done: true, value: undefined });
    expect(await iterator.next()).toEqual({ done: true, value: undefined });
    expect(ends).toEqual(["whole"]);
  });

  it("end as left, and only so, when the caller leaves while it waits for the next", async () => {
    const { sources, ends, cancelled, iterator } = merge();
    const waiting = iterator.next();
    await iterator.return?.();
    expect(await waiting).toEqual({ done: true, value: undefined });
    expect(ends).toEqual(["left"]);
    expect(cancelled()).toBe(1);
    expect(sources.map((source) => source.left())).toEqual([1, 1]);
  });

  it("end as broken when one answer breaks, and cancel the others", async () => {
    const { sources, ends, cancelled, iterator } = merge();
    const waiting = iterator.next();
    const fault = { reason: ErrorReason.UPSTREAM_CUT, message: "cut" };
    const error = new GatewayError(fault);
    sources[0].fail(error);
    await expect(waiting).rejects.toThrow("cut");
    expect(ends).toEqual([{ error }]);
    expect(cancelled()).toBe(1);
    expect(sources[1].left()).toBe(1);
    expect(await iterator.next()).toEqual({ done: true, value: undefined });
  });
});
