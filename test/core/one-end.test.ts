import { create } from "@bufbuild/protobuf";
import fc from "fast-check";
import { expect, it } from "vitest";
import { UsageSchema } from "../../gen/parlance/chat/v1/usage_pb.js";
import { ErrorReason } from "../../gen/parlance/error/v1/error_reason_pb.js";
import { attempt, handleCall } from "../../src/core/attempt.ts";
import type { Handler, Piece } from "../../src/core/call.ts";
import { compose, type Stage } from "../../src/core/compose.ts";
import type { Fault } from "../../src/core/faults/fault.ts";
import { GatewayError } from "../../src/core/faults/gateway-error.ts";
import { lenient } from "../../src/core/fidelity/loss-policy.ts";
import { type End, wholeEnd } from "../../src/core/life.ts";
import { chat } from "../../src/core/operation.ts";
import { livingPieces } from "../../src/core/reply/living-pieces.ts";
import { pause } from "../../src/core/time/pause.ts";
import { textDelta } from "../../src/events/make-events.ts";
import { callOf, chatOf, noOutlet, replyOf, requestOf } from "../calls.ts";
import { createFakeClock } from "../fake-clock.ts";

const target = { provider: "p", model: "m" };
const plan = { target, outlet: noOutlet, passes: false, losses: lenient };
const usage = create(UsageSchema, { outputTokens: 1n });
const late: Fault = { reason: ErrorReason.DEADLINE_EXCEEDED, message: "late" };
const rejected = new GatewayError({ reason: ErrorReason.UPSTREAM_OVERLOADED, message: "busy" });
const cut = new GatewayError({ reason: ErrorReason.UPSTREAM_CUT, message: "cut" });

/** What a vendor does with one request. */
type Deed = "answers" | "rejects" | "breaks" | "throws" | "hangs" | "hangs within";
const deed = fc.constantFrom<Deed>(
  "answers",
  "rejects",
  "breaks",
  "throws",
  "hangs",
  "hangs within",
);

/** What a layer does on the way. */
type Layering = "passes" | "throws" | "rejects" | "twice" | "retries";
const layering = fc.constantFrom<Layering>(
  "passes",
  "passes",
  "throws",
  "rejects",
  "twice",
  "retries",
);

/** How the caller takes the answer. */
const caller = fc.constantFrom("reads", "leaves at once", "stops reading");

function vendor(deeds: readonly Deed[]): Handler {
  let asked = 0;
  return (call) => {
    const how = deeds[asked % deeds.length] ?? "answers";
    asked += 1;
    if (how === "throws") throw new TypeError("a bug");
    return answer(call, how);
  };
}

async function answer(call: Parameters<Handler>[0], how: Deed): ReturnType<Handler> {
  if (how === "rejects") throw rejected;
  if (how === "hangs") await pause(Number.POSITIVE_INFINITY, call.life);
  const reply = replyOf(target, call.life);
  if (!call.request.stream) {
    if (how === "breaks") throw cut;
    if (how === "hangs within") await pause(Number.POSITIVE_INFINITY, call.life);
    call.life.end(wholeEnd(usage));
    return reply;
  }
  const waiting = call.life.child();
  async function* speak(): AsyncGenerator<Piece> {
    yield { events: [textDelta(0, "one")] };
    if (how === "breaks") throw cut;
    if (how === "hangs within") await pause(Number.POSITIVE_INFINITY, waiting);
    yield { events: [textDelta(0, "two")] };
  }
  const source = { pieces: speak(), usage: () => usage, stop: () => waiting.abort() };
  return { ...reply, body: { kind: "stream", pieces: await livingPieces(call.life, source) } };
}

function layerOf(how: Layering): Stage["layer"] {
  return (next) => async (call) => {
    if (how === "rejects") throw rejected;
    if (how === "twice") {
      await next(call).catch(() => undefined);
      return next(call);
    }
    if (how !== "retries") return next(call);
    return attempt(call, next).catch(() => attempt(call, next));
  };
}

function stageOf(how: Layering, at: number): Stage {
  const thrower: Stage["layer"] = () => () => {
    throw new TypeError("a bug in a layer");
  };
  return { name: `${how} ${at}`, layer: how === "throws" ? thrower : layerOf(how) };
}

it("a call and each of its attempts end exactly once, whatever happens to them", async () => {
  const kinds = new Set<string>();
  await fc.assert(
    fc.asyncProperty(
      fc.record({
        deeds: fc.array(deed, { minLength: 1, maxLength: 3 }),
        layers: fc.array(layering, { maxLength: 3 }),
        stream: fc.boolean(),
        caller,
      }),
      async ({ deeds, layers, stream, caller: how }) => {
        const clock = createFakeClock();
        const ends: End[] = [];
        let entered = 0;
        let left = 0;
        const innermost: Stage = {
          name: "innermost",
          layer: (next) => (call) => {
            entered += 1;
            call.life.atEnd(() => {
              left += 1;
            });
            return next(call);
          },
        };
        const route: Stage = {
          name: "route",
          layer: (next) => (call) => attempt(call, next, plan),
        };
        const call = callOf({ clock, ends, request: requestOf(chat, chatOf("hi"), stream) });
        call.life.limit(100, late);
        const stages = [route, ...layers.map(stageOf), innermost];
        const handler = compose(stages, "end", () => vendor(deeds));
        const reading = read(handleCall(call, handler), how === "stops reading");
        if (how === "leaves at once") call.life.abort();
        for (let turns = 0; turns < 50; turns += 1) await Promise.resolve();
        clock.advance(100);
        const error = await reading;
        expect(ends).toHaveLength(1);
        expect(left).toBe(entered);
        const { attempts } = call.trace;
        expect(attempts.filter(({ end }) => end === undefined)).toEqual([]);
        // A timer that still waits would keep the process and the call.
        expect(clock.waiting()).toBe(0);
        const [end] = ends;
        kinds.add(end?.kind ?? "none");
        if (error === undefined && how !== "stops reading") expect(end?.kind).toBe("whole");
        if (error !== undefined) expect(end?.kind).not.toBe("whole");
      },
    ),
    { numRuns: 500 },
  );
  expect([...kinds].toSorted()).toEqual(["broken", "left", "whole"]);
});

/** What reading a reply failed with; undefined where it did not. */
async function read(replying: ReturnType<Handler>, stops: boolean): Promise<unknown> {
  try {
    const { body } = await replying;
    if (body.kind === "stream") for await (const _ of body.pieces) if (stops) break;
    return undefined;
  } catch (error) {
    return error;
  }
}

it("a layer that calls next twice in one life is a bug, and the call ends as broken", async () => {
  const ends: End[] = [];
  const twice = [{ name: "route", layer: layerOf("passes") }, stageOf("twice", 0)];
  const handler = compose(twice, "end", () => async (call) => replyOf(target, call.life));
  const error = await read(handleCall(callOf({ ends }), handler), false);
  expect(String(error)).toContain("called next twice");
  expect(ends).toMatchObject([{ kind: "broken", fault: { reason: ErrorReason.INTERNAL } }]);
});
