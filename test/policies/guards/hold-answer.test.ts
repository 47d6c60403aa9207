import { create } from "@bufbuild/protobuf";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { FinishReason } from "../../../gen/parlance/chat/v1/completion_pb.js";
import { type Event, EventSchema } from "../../../gen/parlance/chat/v1/event_pb.js";
import { PartSchema } from "../../../gen/parlance/chat/v1/part_pb.js";
import { PiiKind } from "../../../gen/parlance/config/v1/guard_detector_pb.js";
import type { Piece } from "../../../src/core/call.ts";
import type { Detector } from "../../../src/core/guard/detector.ts";
import type { GuardStageName } from "../../../src/core/guard/guard-note.ts";
import { collect } from "../../../src/events/collect.ts";
import {
  finish,
  partEnd,
  partWhole,
  textDelta,
  toolCallDelta,
  toolCallStart,
} from "../../../src/events/make-events.ts";
import { createDetector } from "../../../src/guards/detectors/create-detector.ts";
import type { Check, LocalCheck } from "../../../src/policies/guards/check.ts";
import { holdAnswer } from "../../../src/policies/guards/hold-answer.ts";
import { piecesOf } from "../../guards/find-in-pieces.ts";

const answerStages: ReadonlySet<GuardStageName> = new Set(["output", "tool_arguments"]);

const pii = createDetector({
  case: "pii",
  value: {
    $typeName: "parlance.config.v1.PiiGuard",
    kinds: [PiiKind.EMAIL, PiiKind.CARD, PiiKind.IBAN],
  } as never,
});

const canary = {
  $typeName: "parlance.config.v1.CanaryGuard",
  texts: [],
  instructions: true,
} as never;

class Blocked extends Error {}

function checkOf(detector: Detector, action: "mask" | "block" | "flag"): LocalCheck {
  return {
    kind: "local",
    stages: answerStages,
    holds: action !== "flag",
    replaces: action === "mask",
    detector,
    sourceOf: () => ({}),
    found: () => {
      if (action === "block") throw new Blocked();
      return action === "mask" ? ({ kind }) => `[${kind}]` : undefined;
    },
  };
}

async function* breaking(pieces: readonly Piece[]): AsyncGenerator<Piece> {
  yield* pieces;
  throw new Blocked();
}

async function* from(pieces: readonly Piece[]): AsyncGenerator<Piece> {
  yield* pieces;
}

/** All pieces that come out, up to what ends them. */
async function hold(
  pieces: readonly Piece[] | AsyncIterable<Piece>,
  checks: readonly Check[],
  said = "",
) {
  const source = Symbol.iterator in pieces ? from(pieces) : pieces;
  const out: Piece[] = [];
  try {
    for await (const piece of holdAnswer(source, checks, { said })) out.push(piece);
    return { out, blocked: false };
  } catch (error) {
    if (!(error instanceof Blocked)) throw error;
    return { out, blocked: true };
  }
}

const stop = finish(FinishReason.STOP, "stop", "");

function streamOf(text: string, places: readonly number[]): Piece[] {
  const deltas = piecesOf(text, places).map((part) => ({ events: [textDelta(0, part)] }));
  return [...deltas, { events: [partEnd(0)] }, { events: [stop] }];
}

function textIn(pieces: readonly Piece[]): string {
  const { choices } = collect(pieces.flatMap(({ events }) => events));
  return (choices[0]?.message?.parts ?? [])
    .map(({ content }) =>
      content.case === "text"
        ? content.value.text
        : content.case === "toolCall"
          ? String(content.value.input.value)
          : "",
    )
    .join("");
}

const secretText =
  "Write to joe.bloggs+x@example.co.uk or pay 4111 1111 1111 1111, IBAN DE89 3704 0044 0532 0130 00. Bye, joe@example.com";
const masked = "Write to [EMAIL] or pay [CARD], IBAN [IBAN]. Bye, [EMAIL]";
const places = fc.array(fc.nat({ max: 400 }), { maxLength: 30 });

describe("an answer that is held", () => {
  it("is masked the same however it is split, and never shows a part of what is found", async () => {
    await fc.assert(
      fc.asyncProperty(places, async (ends) => {
        const { out } = await hold(streamOf(secretText, ends), [checkOf(pii, "mask")]);
        expect(textIn(out)).toBe(masked);
      }),
      { numRuns: 60 },
    );
  });

  it("tells for how long its pieces were held back", async () => {
    let nowMs = 0;
    const held: number[] = [];
    const meter = { nowMs: () => nowMs, heldBack: (ms: number) => void held.push(ms) };
    async function* slowly(): AsyncGenerator<Piece> {
      for (const text of ["so ", "joe@exam", "ple.com ", "so"]) {
        yield { events: [textDelta(0, text)] };
        nowMs += 100;
      }
    }
    for await (const _ of holdAnswer(slowly(), [checkOf(pii, "mask")], { meter }));
    expect(held).toEqual([100, 100]);
  });

  it("is masked one character at a time", async () => {
    const everywhere = Array.from({ length: secretText.length }, (_, at) => at);
    const { out } = await hold(streamOf(secretText, everywhere), [checkOf(pii, "mask")]);
    expect(textIn(out)).toBe(masked);
  });

  it("ends before anything of what blocks it, at every place that may split it", async () => {
    const before = "Write to ";
    for (let at = 1; at < secretText.length; at += 1) {
      const { out, blocked } = await hold(streamOf(secretText, [at]), [checkOf(pii, "block")]);
      expect(blocked).toBe(true);
      expect(before.startsWith(textIn(out))).toBe(true);
    }
  });

  it("is looked at across the place where it goes on, at every one", async () => {
    const before = "The password is hunter2-Xy9-long";
    const all = `${before} and no more`;
    const secrets = createDetector({ case: "secrets", value: {} as never });
    for (let at = 1; at < before.length; at += 1) {
      const broken = breaking([{ events: [textDelta(0, all.slice(0, at))] }]);
      const said = textIn((await hold(broken, [checkOf(secrets, "mask")])).out);
      const rest = streamOf(all.slice(said.length), [3, 9]);
      const { out } = await hold(rest, [checkOf(secrets, "mask")], said);
      expect(said + textIn(out)).toBe("The password is [PASSWORD] and no more");
    }
  });

  it("passes as it is, with its bytes, where guards only look", async () => {
    const pieces = streamOf("nothing to see here, at all", [3, 9, 20]).map((piece, at) => ({
      ...piece,
      wire: Buffer.from(`data: ${at}\n\n`),
    }));
    for (const action of ["block", "flag"] as const) {
      const { out } = await hold(pieces, [checkOf(pii, action)]);
      expect(out).toEqual(pieces);
    }
    const { out, blocked } = await hold(streamOf(secretText, [30]), [checkOf(pii, "flag")]);
    expect([textIn(out), blocked]).toEqual([secretText, false]);
  });

  it("is looked at in arguments of tools as their strings say it, also where they are escaped", async () => {
    const json = String.raw`{"to":"joe@example.com","n":1.0,"joe@example.com":["\u006aoe\u0040example.com"]}`;
    const call = [{ events: [toolCallStart(0, "c1", "send")] }];
    const end = [{ events: [stop] }];
    for (const ends of [[5], [20, 70, 71, 72], []]) {
      const deltas = piecesOf(json, ends).map((part) => ({ events: [toolCallDelta(0, part)] }));
      const { out } = await hold([...call, ...deltas, ...end], [checkOf(pii, "mask")]);
      expect(textIn(out)).toBe('{"to":"[EMAIL]","n":1.0,"[EMAIL]":["[EMAIL]"]}');
      const { out: none } = await hold([...call, ...deltas, ...end], [checkOf(pii, "block")]);
      expect(textIn(none)).toBe("");
    }
  });

  it("keeps the order of its pieces, and lets signs of life go by", async () => {
    const ping: Event = create(EventSchema, { event: { case: "ping", value: {} } });
    const pieces: Piece[] = [
      { events: [textDelta(0, "call joe@exam")] },
      { events: [ping] },
      { events: [toolCallStart(1, "c", "f")] },
      { events: [textDelta(0, "ple.com now"), partEnd(0)] },
      { events: [stop] },
    ];
    const { out } = await hold(pieces, [checkOf(pii, "mask")]);
    const cases = out.flatMap(({ events }) => events.map(({ event }) => event.case));
    expect(cases).toEqual(["ping", "textDelta", "toolCallStart", "textDelta", "partEnd", "finish"]);
    expect(textIn(out)).toBe("call [EMAIL] now");
  });

  it("comes without log probabilities where it may be masked, for they repeat its text", async () => {
    const logprobs: Event = create(EventSchema, {
      event: {
        case: "logprobsDelta",
        value: { choice: 0, logprobs: { content: [{ token: "joe@" }] } },
      },
    });
    const pieces = [{ events: [logprobs, textDelta(0, "joe@example.com")] }, { events: [stop] }];
    const casesOf = async (action: "mask" | "flag") =>
      (await hold(pieces, [checkOf(pii, action)])).out.flatMap(({ events }) =>
        events.map(({ event }) => event.case),
      );
    expect(await casesOf("mask")).toEqual(["textDelta", "finish"]);
    expect(await casesOf("flag")).toEqual(["logprobsDelta", "textDelta", "finish"]);
  });

  it("ends before it gives the instructions of its call away, wherever it is split", async () => {
    const instructions =
      "You are Heron. Never name a price below forty euros, whoever may want it.";
    const leak: LocalCheck = {
      ...checkOf(createDetector({ case: "canary", value: canary }), "block"),
      sourceOf: () => ({ instructions }),
    };
    const text = `Well: ${instructions.replaceAll(" ", "  ")} That is all.`;
    for (let at = 1; at < text.length; at += 1) {
      const { out, blocked } = await hold(streamOf(text, [at]), [leak]);
      expect([at, blocked, "Well: ".startsWith(textIn(out))]).toEqual([at, true, true]);
    }
    const everywhere = Array.from({ length: text.length }, (_, at) => at);
    const { out, blocked } = await hold(streamOf(text, everywhere), [leak]);
    expect([blocked, "Well: ".startsWith(textIn(out))]).toEqual([true, true]);
    const fine = "Well: you are not Heron, and prices are as they are.";
    expect(textIn((await hold(streamOf(fine, [9, 20]), [leak])).out)).toBe(fine);
  });

  it("is not held to be on its topic where it says something beside its words", async () => {
    const topics = createDetector({
      case: "topics",
      value: {
        $typeName: "parlance.config.v1.TopicsGuard",
        allowed: { water: { words: ["water"] } },
        denied: { war: { words: ["war"] } },
      } as never,
    });
    const schema = createDetector({
      case: "jsonSchema",
      value: { schemaJson: "{}" } as never,
    });
    const extras = (json: string) =>
      create(EventSchema, { event: { case: "extrasSet", value: { dialect: "d", json } } });
    const answer = (words: string, json: string) =>
      hold(
        [{ events: [textDelta(0, words), extras(json)] }, { events: [stop] }],
        [checkOf(topics, "block")],
      );
    expect((await answer("water", '{"provider":"somebody"}')).blocked).toBe(false);
    expect((await answer("water", '{"provider":"war"}')).blocked).toBe(true);
    expect((await answer("wine", "{}")).blocked).toBe(true);
    const pieces = [{ events: [textDelta(0, "{}"), extras('{"a":"b"}')] }, { events: [stop] }];
    expect((await hold(pieces, [checkOf(schema, "block")])).blocked).toBe(false);
  });

  it("ends at a part that nobody reads, where that may not pass", async () => {
    const image = create(PartSchema, {
      content: { case: "image", value: { source: { case: "url", value: "https://e.com/a.png" } } },
    });
    const parts: string[] = [];
    const check: LocalCheck = {
      ...checkOf(pii, "flag"),
      unread: (some) => {
        parts.push(...some);
        throw new Blocked();
      },
    };
    const pieces = [{ events: [textDelta(0, "see: ")] }, { events: [partWhole(1, image)] }];
    const { out, blocked } = await hold(pieces, [check]);
    expect([parts, blocked, out.length <= 1]).toEqual([["IMAGE"], true, true]);
  });

  it("asks a service before anything goes out, and at the end about all of it", async () => {
    const sent: string[] = [];
    const service: Check = {
      kind: "service",
      stages: answerStages,
      holds: true,
      replaces: false,
      ask: async (_, [text = ""]) => {
        sent.push(text);
        if (text.includes("forbidden")) throw new Blocked();
        return undefined;
      },
      refusal: () => {
        throw new Blocked();
      },
    };
    const long = "word ".repeat(200);
    const every = Array.from({ length: 250 }, (_, at) => at * 4);
    const { out } = await hold(streamOf(long, every), [checkOf(pii, "mask"), service]);
    expect(textIn(out)).toBe(long);
    expect(sent.length).toBeLessThan(6);
    expect(sent.at(-1)).toBe(long);
    const bad = await hold(streamOf(`${long}forbidden`, every), [service]);
    expect(bad.blocked).toBe(true);
    expect(textIn(bad.out)).not.toContain("forbidden");
    expect(textIn(bad.out).length).toBeGreaterThan(200);
  });

  it("is what a service writes in its place, once it is whole", async () => {
    const rewrite: Check = {
      kind: "service",
      stages: answerStages,
      holds: true,
      replaces: true,
      ask: async (_, texts) => texts.map((text) => text.toUpperCase()),
      refusal: () => {
        throw new Blocked();
      },
    };
    const { out } = await hold(streamOf(secretText, [4, 40]), [checkOf(pii, "mask"), rewrite]);
    expect(textIn(out)).toBe(masked.toUpperCase());
  });
});
