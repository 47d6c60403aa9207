import { describe, expect, it } from "vitest";
import { createLatency, type Streamed } from "../../../../src/policies/routing/latency/latency.ts";
import { shareNothing } from "../../../../src/state/shared-entries.ts";
import { createSharedState, createStateMemory } from "../../../../src/state/shared-state.ts";
import { createMemoryState } from "../../../../src/state/state.ts";

const target = { provider: "a", model: "m" };

describe("the latency of a target", () => {
  const setUp = () => {
    let nowMs = 1_700_000_000_000;
    const { records } = createMemoryState();
    const latency = createLatency({ records, wallMs: () => nowMs, share: shareNothing });
    return {
      latency,
      pass: (ms: number) => {
        nowMs += ms;
      },
      note: (
        waitedMs: number,
        more: { stream?: boolean; answered?: boolean; late?: boolean; tokens?: number } = {},
        streamed?: Streamed,
      ) =>
        latency.note({
          target,
          stream: more.stream ?? true,
          waitedMs,
          answered: more.answered ?? more.late !== true,
          late: more.late ?? false,
          outputTokens: more.tokens,
          streamed,
        }),
    };
  };

  it("is unknown at first, and of other kinds of calls", () => {
    const { latency, note } = setUp();
    expect(latency.speed(target, true)?.firstTokenMs).toBeUndefined();
    note(100);
    expect(latency.speed(target, true)?.firstTokenMs).toBe(100);
    expect(latency.speed(target, false)?.tokenMs).toBeUndefined();
  });

  it("rises at once and falls slowly", () => {
    const { latency, note, pass } = setUp();
    note(100);
    note(500);
    expect(latency.speed(target, true)?.firstTokenMs).toBe(500);
    pass(1000);
    note(100);
    const after = latency.speed(target, true)?.firstTokenMs ?? 0;
    expect(after).toBeGreaterThan(400);
    expect(after).toBeLessThan(500);
  });

  it("is forgotten where nothing is heard, so that the target is tried again", () => {
    const { latency, note, pass } = setUp();
    note(1000);
    pass(30_000);
    expect(latency.speed(target, true)?.firstTokenMs).toBeLessThan(60);
  });

  it("is that of each token where the answer comes whole", () => {
    const { latency, note } = setUp();
    note(1000, { stream: false, tokens: 100 });
    expect(latency.speed(target, false)?.tokenMs).toBe(10);
  });

  it("is at least what was waited in vain, and not less than is known", () => {
    const { latency, note } = setUp();
    note(100);
    note(50, { answered: false });
    expect(latency.speed(target, true)?.firstTokenMs).toBe(100);
    note(2000, { answered: false });
    expect(latency.speed(target, true)?.firstTokenMs).toBe(2000);
  });

  it("is twice as long for each call in a row that was late", () => {
    const { latency, note } = setUp();
    note(100);
    for (const expected of [600, 1200, 2400]) {
      note(300, { late: true });
      expect(latency.speed(target, true)?.firstTokenMs).toBe(expected);
    }
    for (let call = 1; call <= 10; call += 1) note(300, { late: true });
    expect(latency.speed(target, true)?.firstTokenMs).toBe(300 * 64);
    note(100);
    note(30_000, { late: true });
    expect(latency.speed(target, true)?.firstTokenMs).toBe(60_000);
  });

  it("has a 95th percentile that calls count for which were above it, and late ones", () => {
    const { latency, note } = setUp();
    for (let ms = 1; ms <= 100; ms += 1) note(ms);
    for (let call = 1; call <= 10; call += 1) note(5, { answered: false });
    expect(latency.p95Ms(target, true)).toBe(95);
    for (let call = 1; call <= 5; call += 1) note(96, { answered: false });
    expect(latency.p95Ms(target, true)).toBe(96);
    for (let call = 1; call <= 5; call += 1) note(300, { late: true });
    expect(latency.p95Ms(target, true)).toBe(100);
  });

  it("has a 95th percentile of the last hundred, once twenty are known", () => {
    const { latency, note } = setUp();
    for (let ms = 1; ms <= 19; ms += 1) note(ms);
    expect(latency.p95Ms(target, true)).toBeUndefined();
    for (let ms = 20; ms <= 100; ms += 1) note(ms);
    expect(latency.p95Ms(target, true)).toBe(95);
    for (let ms = 101; ms <= 200; ms += 1) note(ms);
    expect(latency.p95Ms(target, true)).toBe(195);
  });

  it("has a time of each token of a stream, apart from that of the first", () => {
    const { latency, note, pass } = setUp();
    note(100);
    expect(latency.speed(target, true)).toEqual({ firstTokenMs: 100, tokenMs: undefined });
    note(100, {}, { ms: 990, tokens: 100, whole: true });
    expect(latency.speed(target, true)).toEqual({ firstTokenMs: 100, tokenMs: 10 });
    note(100, {}, { ms: 1980, tokens: 100, whole: true });
    expect(latency.speed(target, true)?.tokenMs).toBe(20);
    pass(1000);
    note(100, {}, { ms: 990, tokens: 100, whole: true });
    const after = latency.speed(target, true)?.tokenMs ?? 0;
    expect(after).toBeGreaterThan(15);
    expect(after).toBeLessThan(20);
  });

  it("learns nothing of the time of each token by a short answer", () => {
    const { latency, note } = setUp();
    note(100, {}, { ms: 900, tokens: 4, whole: true });
    expect(latency.speed(target, true)?.tokenMs).toBeUndefined();
  });

  it("is at least what each token took of a stream that was cut, and not less than is known", () => {
    const { latency, note } = setUp();
    note(100, {}, { ms: 990, tokens: 100, whole: true });
    note(100, {}, { ms: 9, tokens: 10, whole: false });
    expect(latency.speed(target, true)?.tokenMs).toBe(10);
    note(100, {}, { ms: 4000, tokens: 3, whole: false });
    expect(latency.speed(target, true)?.tokenMs).toBe(2000);
  });

  it("is the same for all threads", () => {
    const memory = createStateMemory(2);
    const wallMs = () => 1_700_000_000_000;
    const [one, other] = [0, 1].map((thread) => {
      const { records } = createSharedState(memory, thread);
      return createLatency({ records, wallMs, share: shareNothing });
    });
    const streamed = { ms: 990, tokens: 100, whole: true };
    const sample = { target, stream: true, answered: true, outputTokens: 100, streamed };
    one?.note({ ...sample, waitedMs: 300 });
    expect(other?.speed(target, true)).toEqual({ firstTokenMs: 300, tokenMs: 10 });
    other?.note({ ...sample, waitedMs: 500 });
    expect(one?.speed(target, true)?.firstTokenMs).toBe(500);
  });
});
