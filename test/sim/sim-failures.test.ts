import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { describe, expect, it } from "vitest";
import type { Event } from "../../gen/parlance/chat/v1/event_pb.js";
import { SimOptionsSchema } from "../../gen/parlance/config/v1/sim_options_pb.js";
import { ErrorReason } from "../../gen/parlance/error/v1/error_reason_pb.js";
import { Life } from "../../src/core/life.ts";
import { createSim } from "../../src/sim/sim.ts";
import { simModels } from "../../src/sim/sim-behaviour.ts";
import { stopped } from "../calls.ts";
import { createFakeClock } from "../fake-clock.ts";
import { createHastyClock } from "./hasty-clock.ts";
import { ask, play } from "./sim-chat.ts";

function options(init: MessageInitShape<typeof SimOptionsSchema>) {
  return create(SimOptionsSchema, init);
}

function words(events: readonly Event[]): string {
  return events.map(({ event }) => (event.case === "textDelta" ? event.value.text : "")).join("");
}

const four = ask("one two three four");

describe("errors by status", () => {
  const cases: [status: number, reason: ErrorReason, retryAfterMs: number | undefined][] = [
    [400, ErrorReason.UPSTREAM_INVALID_REQUEST, undefined],
    [401, ErrorReason.UPSTREAM_UNAUTHENTICATED, undefined],
    [402, ErrorReason.UPSTREAM_BILLING, undefined],
    [403, ErrorReason.UPSTREAM_PERMISSION_DENIED, undefined],
    [404, ErrorReason.UPSTREAM_NOT_FOUND, undefined],
    [408, ErrorReason.UPSTREAM_TIMEOUT, undefined],
    [413, ErrorReason.UPSTREAM_TOO_LARGE, undefined],
    [418, ErrorReason.UPSTREAM_INVALID_REQUEST, undefined],
    [429, ErrorReason.UPSTREAM_RATE_LIMITED, 1000],
    [500, ErrorReason.UPSTREAM_INTERNAL, undefined],
    [503, ErrorReason.UPSTREAM_UNAVAILABLE, 1000],
    [529, ErrorReason.UPSTREAM_OVERLOADED, 1000],
    [599, ErrorReason.UPSTREAM_INTERNAL, undefined],
  ];
  for (const [status, reason, retryAfterMs] of cases) {
    it(`error-${status} fails as a vendor with that status does, before any event`, async () => {
      const { events, fault } = await play(createSim(), four, `error-${status}`);
      expect(events).toEqual([]);
      expect(fault).toMatchObject({ reason, upstreamStatus: status });
      expect(fault?.retryAfterMs).toBe(retryAfterMs);
    });
  }

  it("says what its parameters say", async () => {
    const { fault } = await play(createSim(), four, "error-429?retry_after=2.5s&message=later%21");
    expect(fault).toMatchObject({ message: "later!", retryAfterMs: 2500 });
  });

  it("fails each second call where it is told so, and answers the others", async () => {
    const sim = createSim(
      options({ error: { status: 500, every: 2, message: "no", retryAfter: { seconds: 3n } } }),
    );
    const faults = [];
    for (let call = 0; call < 4; call += 1) faults.push((await play(sim, four, "echo")).fault);
    expect(faults.map((fault) => fault?.upstreamStatus)).toEqual([undefined, 500, undefined, 500]);
    expect(faults[1]).toMatchObject({ message: "no", retryAfterMs: 3000 });
  });
});

describe("broken streams", () => {
  const { UPSTREAM_CUT, UPSTREAM_MALFORMED } = ErrorReason;
  // "three" has two tokens: the answer has five.
  const cases: [
    model: string,
    init: MessageInitShape<typeof SimOptionsSchema>,
    before: string,
    reason: ErrorReason | undefined,
  ][] = [
    ["cut", {}, "one two", UPSTREAM_CUT],
    ["malformed", {}, "one two", UPSTREAM_MALFORMED],
    ["echo?cut_after=0", {}, "", UPSTREAM_CUT],
    ["echo?cut_after=3", {}, "one two", UPSTREAM_CUT],
    ["echo?cut_after=5", {}, "one two three four", UPSTREAM_CUT],
    ["echo?cut_after=6", {}, "one two three four", undefined],
    ["echo?malformed_after=1", {}, "one", UPSTREAM_MALFORMED],
    ["echo?malformed_after=1&cut_after=2", {}, "one", UPSTREAM_MALFORMED],
    ["echo", { cutAfterTokens: 4 }, "one two three", UPSTREAM_CUT],
    ["echo", { malformedAfterTokens: 1 }, "one", UPSTREAM_MALFORMED],
    ["echo?cut_after=1", { cutAfterTokens: 4 }, "one", UPSTREAM_CUT],
  ];
  for (const [model, init, before, reason] of cases) {
    it(`${model} with ${JSON.stringify(init)} streams ${JSON.stringify(before)} and then ${reason === undefined ? "ends well" : "breaks"}`, async () => {
      const { events, fault } = await play(createSim(options(init)), four, model);
      expect(words(events)).toBe(before);
      expect(fault?.reason).toBe(reason);
      expect(events.some(({ event }) => event.case === "finish")).toBe(reason === undefined);
    });
  }

  it("breaks a whole answer before its first event", async () => {
    expect(await play(createSim(), four, "cut", false)).toMatchObject({
      events: [],
      fault: { reason: UPSTREAM_CUT },
    });
  });

  it("cuts an answer without words, too", async () => {
    expect((await play(createSim(), ask(""), "cut")).fault?.reason).toBe(UPSTREAM_CUT);
  });
});

describe("time", () => {
  const cases: [
    title: string,
    model: string,
    init: MessageInitShape<typeof SimOptionsSchema>,
    stream: boolean,
    slept: number[],
  ][] = [
    ["takes none", "echo", {}, true, []],
    ["waits before it answers", "echo?latency=200ms", {}, false, [200]],
    ["waits before the first token", "echo?latency=0.2s&ttft=1.5s", {}, true, [200, 1500]],
    ["waits before the first token of streams only", "echo?ttft=1m&rate=1", {}, false, []],
    ["takes time for each token", "echo?rate=10", {}, true, [100, 100, 200]],
    ["does not wait for less than a millisecond", "echo?rate=2000", {}, true, [1, 1]],
    ["is slow", "slow", {}, true, [500, 1000, 100, 100, 200]],
    ["is as slow as its parameters say", "slow?latency=0ms&ttft=0ms&rate=0", {}, true, []],
    [
      "waits as configured",
      "echo",
      { latency: { nanos: 5_000_000 }, timeToFirstToken: { seconds: 1n }, tokensPerSecond: 4 },
      true,
      [5, 1000, 250, 250, 500],
    ],
    [
      "prefers its parameters to the configuration",
      "echo?latency=7ms",
      { latency: { seconds: 9n } },
      true,
      [7],
    ],
    ["waits before it fails", "error-500?latency=30ms", {}, true, [30]],
  ];
  for (const [title, model, init, stream, slept] of cases) {
    it(title, async () => {
      const clock = createHastyClock();
      await play(createSim(options(init)), four, model, stream, new Life(clock));
      expect(clock.waited.map((ms) => Math.round(ms))).toEqual(slept);
    });
  }
});

describe("leaving", () => {
  const cases: [model: string, waits: number, before: string][] = [
    ["echo?latency=10m", 1, ""],
    ["echo?ttft=10m", 1, ""],
    ["echo?rate=0.001", 2, "one two"],
  ];
  for (const [model, waits, before] of cases) {
    it(`ends ${model} at once when the caller leaves during wait ${waits}`, async () => {
      let begun = 0;
      const clock = createHastyClock(() => {
        begun += 1;
        if (begun === waits) queueMicrotask(() => life.abort());
      });
      const life = new Life(clock);
      const { events, fault } = await play(createSim(), four, model, true, life);
      expect(fault?.reason).toBe(ErrorReason.CANCELLED);
      expect(words(events)).toBe(before);
      expect(begun).toBe(waits);
    });
  }

  it("ends what hangs, and throws what the life was aborted with", async () => {
    const clock = createFakeClock();
    const life = new Life(clock);
    life.limit(5, { reason: ErrorReason.DEADLINE_EXCEEDED, message: "late" });
    const played = play(createSim(), four, "hang", true, life);
    clock.advance(5);
    expect((await played).fault).toBe(life.reason?.fault);
  });

  it("does not begin for a caller that has left", async () => {
    const { events, fault } = await play(createSim(), four, "echo", true, left());
    expect([events, fault?.reason]).toEqual([[], ErrorReason.CANCELLED]);
  });
});

function left(): Life {
  const life = new Life(stopped);
  life.abort();
  return life;
}

describe("model names", () => {
  for (const model of Object.keys(simModels)) {
    it(`knows ${model}`, async () => {
      const answer = play(createSim(), four, model, false, left());
      expect([ErrorReason.CANCELLED, ErrorReason.UNSUPPORTED]).toContain(
        (await answer).fault?.reason,
      );
    });
  }

  const bad: [model: string, reason: ErrorReason, message: string][] = [
    ["nothing", ErrorReason.UPSTREAM_NOT_FOUND, 'no model "nothing"; it has echo, lorem-50'],
    ["", ErrorReason.UPSTREAM_NOT_FOUND, 'no model ""'],
    ["constructor", ErrorReason.UPSTREAM_NOT_FOUND, "no model"],
    ["error-399", ErrorReason.UPSTREAM_NOT_FOUND, "no model"],
    ["error-600", ErrorReason.UPSTREAM_NOT_FOUND, "no model"],
    ["lorem-100001", ErrorReason.UPSTREAM_NOT_FOUND, "no model"],
    ["lorem-N", ErrorReason.UPSTREAM_NOT_FOUND, "no model"],
    [
      "echo?speed=1",
      ErrorReason.INVALID_REQUEST,
      'parameter "speed" is not a parameter of the simulator; there are latency, ttft',
    ],
    ["echo?__proto__=1", ErrorReason.INVALID_REQUEST, "is not a parameter"],
    [
      "echo?latency",
      ErrorReason.INVALID_REQUEST,
      'parameter "latency" is not a time such as 200ms',
    ],
    ["echo?latency=5", ErrorReason.INVALID_REQUEST, '"latency"'],
    ["echo?latency=-5ms", ErrorReason.INVALID_REQUEST, '"latency"'],
    ["echo?latency=11m", ErrorReason.INVALID_REQUEST, "at most 10m"],
    ["echo?ttft=1e3ms", ErrorReason.INVALID_REQUEST, '"ttft"'],
    ["echo?rate=1000001", ErrorReason.INVALID_REQUEST, "from 0 to 1000000"],
    ["echo?tool_calls=1.5", ErrorReason.INVALID_REQUEST, "whole number from 0 to 64"],
    ["echo?latency=1s&latency=1s", ErrorReason.INVALID_REQUEST, '"latency" is given twice'],
    ["echo?reply=%E0", ErrorReason.INVALID_REQUEST, '"reply" is not percent-encoded text'],
  ];
  for (const [model, reason, message] of bad) {
    it(`refuses ${JSON.stringify(model)} and says what there is`, async () => {
      const { events, fault } = await play(createSim(), four, model);
      expect(events).toEqual([]);
      expect(fault?.reason).toBe(reason);
      expect(fault?.message).toContain(message);
    });
  }
});
