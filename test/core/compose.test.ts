import { describe, expect, it } from "vitest";
import { ErrorReason } from "../../gen/parlance/error/v1/error_reason_pb.js";
import { attempt, attemptOf, handleCall } from "../../src/core/attempt.ts";
import type { Handler } from "../../src/core/call.ts";
import { compose, foldPlans, type Sees, type Stage } from "../../src/core/compose.ts";
import { GatewayError } from "../../src/core/faults/gateway-error.ts";
import { lenient } from "../../src/core/fidelity/loss-policy.ts";
import type { End } from "../../src/core/life.ts";
import { callOf, noOutlet, rejection, replyOf } from "../calls.ts";

const target = { provider: "p", model: "m" };
const plan = { target, outlet: noOutlet, passes: false, losses: lenient };
const innermost = () => async (call: Parameters<Handler>[0]) => replyOf(target, call.life);
const stage = (name: string, layer: Stage["layer"] = (next) => next): Stage => ({ name, layer });

describe("composed stages", () => {
  it("run from the first to the innermost, and the trace has them in that order", async () => {
    const call = callOf();
    await compose([stage("a"), stage("b")], "end", innermost)(call);
    expect(call.trace.stages).toEqual(["a", "b", "end"]);
  });

  it("turn what a layer throws into a rejection", async () => {
    const bug = new Error("thrown");
    const thrower = stage("a", () => () => {
      throw bug;
    });
    expect(await rejection(compose([thrower], "end", innermost)(callOf()))).toBe(bug);
  });

  it("refuse a second call of next within one life, and let each try have one", async () => {
    const twice = stage("twice", (next) => async (call) => {
      await next(call);
      return next(call);
    });
    const error = await rejection(compose([twice], "end", innermost)(callOf()));
    expect(String(error)).toContain("called next twice");

    const tries = stage("tries", (next) => async (call) => {
      await attempt(call, next, plan);
      return attempt(call, next, plan);
    });
    const call = callOf();
    await compose([tries, stage("inner")], "end", innermost)(call);
    expect(call.trace.stages).toEqual(["tries", "inner", "end", "inner", "end"]);
  });

  it("tell the innermost the most demanding of what they look at", () => {
    const sightOf = (stages: readonly Stage[]): string => {
      let seen: Sees = () => "usage";
      compose(stages, "end", (sees) => {
        seen = sees;
        return innermost();
      });
      return seen(callOf());
    };
    const looks = (sees: NonNullable<Stage["sees"]>): Stage => ({ ...stage("looks"), sees });
    expect(sightOf([stage("a")])).toBe("usage");
    expect(sightOf([looks("events"), looks("usage")])).toBe("events");
    expect(sightOf([looks("events"), looks(() => "rewrites")])).toBe("rewrites");
    expect(sightOf([looks(() => "usage")])).toBe("usage");
  });
});

describe("plans of stages", () => {
  it("are folded in order, and end at the first refusal", async () => {
    const refusal = new GatewayError({ reason: ErrorReason.PERMISSION_DENIED, message: "no" });
    const renames: Stage = {
      ...stage("renames"),
      plan: (call) => ({ call: { ...call, model: `${call.model}+` }, report: [], note: "renamed" }),
    };
    const refuses: Stage = {
      ...stage("refuses"),
      plan: (call) => ({ call, report: [], refusal }),
    };
    const folded = await foldPlans(
      [renames, stage("nothing"), renames, refuses, renames],
      callOf(),
    );
    expect([folded.call.model, folded.note, folded.refusal]).toEqual([
      "m++",
      "renamed; renamed",
      refusal,
    ]);
  });
});

describe("an attempt", () => {
  it("has a life and a record of its own, and ends with its reply", async () => {
    const ends: End[] = [];
    const call = callOf({ ends });
    const reply = await handleCall(call, (whole) =>
      attempt(whole, async (one) => replyOf(attemptOf(one).target, one.life), plan),
    );
    expect([reply.life === call.life, call.life.ended]).toEqual([false, undefined]);
    reply.life.end({ kind: "whole" });
    expect(ends).toEqual([{ kind: "whole" }]);
    expect(call.trace.attempts).toMatchObject([{ target, end: { kind: "whole" } }]);
  });

  it("ends with what it is rejected with, and so does the call", async () => {
    const ends: End[] = [];
    const fault = { reason: ErrorReason.UPSTREAM_CUT, message: "cut" };
    const call = callOf({ ends });
    const failing = handleCall(call, (whole) =>
      attempt(whole, () => Promise.reject(new GatewayError(fault)), plan),
    );
    await rejection(failing);
    expect(ends).toEqual([{ kind: "broken", fault }]);
    expect(call.trace.attempts).toMatchObject([{ fault }]);
  });

  it("that consists of further tries is in the trail as those", async () => {
    const call = callOf();
    const retried: Handler = async (outer) => {
      await attempt(outer, () => Promise.reject(new Error("once"))).catch(() => undefined);
      return attempt(outer, async (one) => replyOf(target, one.life));
    };
    const reply = await handleCall(call, (whole) => attempt(whole, retried, plan));
    reply.life.end({ kind: "whole" });
    expect(call.trace.attempts.map(({ end }) => end?.kind)).toEqual(["broken", "whole"]);
    expect(call.life.ended).toEqual({ kind: "whole" });
  });
});
