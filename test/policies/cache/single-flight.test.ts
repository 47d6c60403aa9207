import { describe, expect, it } from "vitest";
import { ErrorReason } from "../../../gen/parlance/error/v1/error_reason_pb.js";
import { GatewayError } from "../../../src/core/faults/gateway-error.ts";
import { rejection } from "../../calls.ts";
import { cacheStage, keyOf, textOf, turns, usage } from "./cache-stage.ts";

const overloaded = () =>
  new GatewayError({ reason: ErrorReason.UPSTREAM_OVERLOADED, message: "too much" });

describe("equal calls at the same time", () => {
  for (const stream of [false, true])
    it(`have one answer of the vendor, ${stream ? "streamed" : "whole"}`, async () => {
      const { begin, vendorCalls } = cacheStage();
      const calls = [begin({ stream }), begin({ stream }), begin({ stream: !stream })];
      await turns();
      const [only] = vendorCalls;
      if (stream) {
        only?.say("we");
        only?.say("ll");
        only?.finish();
      } else only?.answer("well");
      const texts = await Promise.all(calls.map(async ({ reply }) => textOf(await reply)));
      expect(texts).toEqual(["well", "well", "well"]);
      expect(vendorCalls.length).toBe(1);
      const facts = calls.map(({ call }) => [call.trace.cache?.state, call.trace.cache?.shared]);
      expect(facts).toEqual([
        [2, undefined],
        [1, true],
        [1, true],
      ]);
      expect(calls.map(({ call }) => call.life.ended)).toEqual([
        { kind: "whole", usage },
        { kind: "whole" },
        { kind: "whole" },
      ]);
    });

  it("see a stream as it comes, those that come late from its beginning", async () => {
    const { begin, vendorCalls } = cacheStage();
    const first = begin({ stream: true });
    await turns();
    vendorCalls[0]?.say("a");
    const late = begin({ stream: true });
    const { body } = await late.reply;
    if (body.kind !== "stream") throw new Error("no stream");
    const pieces = body.pieces[Symbol.asyncIterator]();
    expect((await pieces.next()).value.events[0].event.value.text).toBe("a");
    vendorCalls[0]?.say("b");
    expect((await pieces.next()).value.events[0].event.value.text).toBe("b");
    vendorCalls[0]?.finish();
    expect((await pieces.next()).done).toBe(false);
    expect((await pieces.next()).done).toBe(true);
    expect(await textOf(await first.reply)).toBe("ab");
  });

  it("fail each with the failure", async () => {
    const { begin, vendorCalls } = cacheStage();
    const calls = [begin(), begin(), begin({ stream: true })];
    await turns();
    const failure = overloaded();
    vendorCalls[0]?.fail(failure);
    for (const { reply, call } of calls) {
      expect(await rejection(reply)).toBe(failure);
      expect(call.life.ended?.kind).toBe("broken");
    }
    expect(vendorCalls.length).toBe(1);
    begin();
    await turns();
    expect(vendorCalls.length).toBe(2);
  });

  it("fail each where a stream breaks, after what there was of it", async () => {
    const { begin, vendorCalls, entries } = cacheStage();
    const calls = [begin({ stream: true }), begin({ stream: true }), begin()];
    await turns();
    vendorCalls[0]?.say("a");
    const failure = overloaded();
    vendorCalls[0]?.cut(failure);
    const [first, second, whole] = calls;
    for (const one of [first, second]) {
      const reply = await one?.reply;
      expect(reply && (await rejection(textOf(reply)))).toBe(failure);
      expect(one?.call.life.ended?.kind).toBe("broken");
    }
    expect(whole && (await rejection(whole.reply))).toBe(failure);
    expect(entries.bytes()).toBe(0);
  });

  it("have one of their own where a call requires labels that the other's target lacks", async () => {
    const { begin, vendorCalls } = cacheStage();
    const first = begin();
    await turns();
    const second = begin({ principal: { ...keyOf("one"), labels: { region: "eu" } } });
    await turns();
    expect(vendorCalls.length).toBe(1);
    vendorCalls[0]?.answer("from anywhere");
    expect(await textOf(await first.reply)).toBe("from anywhere");
    await turns();
    expect(vendorCalls.length).toBe(2);
    vendorCalls[1]?.answer("from there");
    expect(await textOf(await second.reply)).toBe("from there");
    expect(second.call.trace.cache?.shared).toBeUndefined();
  });

  it("go on where the first of them leaves", async () => {
    const { begin, vendorCalls } = cacheStage();
    const [first, second] = [begin(), begin()];
    await turns();
    first.call.life.abort();
    await rejection(first.reply);
    expect(first.call.life.ended).toEqual({ kind: "left" });
    vendorCalls[0]?.answer("well");
    expect(await textOf(await second.reply)).toBe("well");
    expect(second.call.life.ended).toEqual({ kind: "whole", usage });
  });

  it("go on where the first of them leaves its stream", async () => {
    const { begin, vendorCalls } = cacheStage();
    const [first, second] = [begin({ stream: true }), begin({ stream: true })];
    await turns();
    vendorCalls[0]?.say("a");
    await first.reply;
    first.call.life.abort();
    expect(first.call.life.ended).toEqual({ kind: "left" });
    vendorCalls[0]?.say("b");
    vendorCalls[0]?.finish();
    expect(await textOf(await second.reply)).toBe("ab");
    expect(second.call.life.ended).toEqual({ kind: "whole", usage });
  });

  for (const stream of [false, true])
    it(`are cancelled with the last that leaves, ${stream ? "in a stream" : "before"}`, async () => {
      const { begin, vendorCalls } = cacheStage();
      const calls = [begin({ stream }), begin({ stream })];
      await turns();
      if (stream) {
        vendorCalls[0]?.say("a");
        for (const { reply } of calls) await reply;
      }
      calls[0]?.call.life.abort();
      expect(vendorCalls[0]?.call.life.reason).toBeUndefined();
      calls[1]?.call.life.abort();
      await turns();
      expect(vendorCalls[0]?.call.life.reason).toBeDefined();
      expect(calls.map(({ call }) => call.life.ended?.kind)).toEqual(["left", "left"]);
      begin({ stream });
      await turns();
      expect(vendorCalls.length).toBe(2);
    });

  it("are apart for each key", async () => {
    const { begin, vendorCalls } = cacheStage();
    begin();
    begin({ principal: keyOf("two") });
    begin({ chatText: "other" });
    await turns();
    expect(vendorCalls.length).toBe(3);
  });

  it("hold no more of a stream than an answer may take, and wait for the slowest", async () => {
    const { begin, vendorCalls } = cacheStage("{}", "cache: { max_entry_bytes: 4096 }");
    const slow = begin({ stream: true });
    await turns();
    const [vendor] = vendorCalls;
    for (let at = 0; at < 50; at += 1) vendor?.say("x".repeat(1000));
    vendor?.finish();
    const { body } = await slow.reply;
    await turns();
    expect(vendor?.untaken()).toBeGreaterThan(40);
    if (body.kind !== "stream") throw new Error("no stream");
    const pieces = body.pieces[Symbol.asyncIterator]();
    await pieces.next();
    await pieces.next();
    begin({ stream: true });
    await turns();
    expect(vendorCalls.length).toBe(2);
    let left = 0;
    for (let step = await pieces.next(); step.done !== true; step = await pieces.next()) left += 1;
    expect(left).toBe(49);
    expect(slow.call.life.ended).toEqual({ kind: "whole", usage });
  });
});

describe("an answer past its time", () => {
  it("is taken while one call renews it, whose record is its own", async () => {
    const { begin, vendorCalls, clock, records } = cacheStage(
      "{ ttl: 10s, stale_while_revalidate: 20s }",
    );
    const first = begin();
    await turns();
    vendorCalls[0]?.answer("old");
    await first.reply;
    clock.advance(15_000);
    const stale = [begin(), begin({ stream: true })];
    expect(await Promise.all(stale.map(async ({ reply }) => textOf(await reply)))).toEqual([
      "old",
      "old",
    ]);
    expect(stale[0]?.call.trace.cache).toMatchObject({ stale: true, ageMs: 15_000 });
    expect(vendorCalls.length).toBe(2);
    expect(records).toEqual([]);
    vendorCalls[1]?.answer("new");
    await turns();
    expect(records).toMatchObject([{ callId: "call_1-renewal", principal: "one", usage }]);
    expect(await textOf(await begin().reply)).toBe("new");
  });

  it("stays where it cannot be renewed, until nobody may take it", async () => {
    const { begin, vendorCalls, clock, records } = cacheStage(
      "{ ttl: 10s, stale_while_revalidate: 20s }",
    );
    const first = begin();
    await turns();
    vendorCalls[0]?.answer("old");
    await first.reply;
    clock.advance(15_000);
    await begin().reply;
    vendorCalls[1]?.fail(overloaded());
    await turns();
    expect(records[0]?.fault?.reason).toBe(ErrorReason.UPSTREAM_OVERLOADED);
    expect(await textOf(await begin().reply)).toBe("old");
    vendorCalls[2]?.fail(overloaded());
    await turns();
    clock.advance(15_000);
    begin();
    await turns();
    expect(vendorCalls[3]?.call.id).toBe("call_1");
  });
});
