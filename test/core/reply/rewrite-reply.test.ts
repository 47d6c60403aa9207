import { describe, expect, it } from "vitest";
import type { Usage } from "../../../gen/parlance/chat/v1/usage_pb.js";
import { ErrorReason } from "../../../gen/parlance/error/v1/error_reason_pb.js";
import { attempt, handleCall } from "../../../src/core/attempt.ts";
import type { Call, Handler, Piece, Reply } from "../../../src/core/call.ts";
import { GatewayError } from "../../../src/core/faults/gateway-error.ts";
import { lenient } from "../../../src/core/fidelity/loss-policy.ts";
import { type End, wholeEnd } from "../../../src/core/life.ts";
import { chat, embed } from "../../../src/core/operation.ts";
import { livingPieces } from "../../../src/core/reply/living-pieces.ts";
import { piecesOf, rewriteReply } from "../../../src/core/reply/rewrite-reply.ts";
import { collect } from "../../../src/events/collect.ts";
import { textDelta, usageEvent } from "../../../src/events/make-events.ts";
import { callOf, chatOf, noOutlet, rejection, replyOf, requestOf } from "../../calls.ts";

const usage = { $typeName: "parlance.chat.v1.Usage", outputTokens: 2n } as Usage;
const said = ["one ", "two "];
const broken = new GatewayError({ reason: ErrorReason.UPSTREAM_CUT, message: "cut" });
const refusal = new GatewayError({ reason: ErrorReason.PERMISSION_DENIED, message: "no" });
const target = { provider: "p", model: "m" };
const events = [...said.map((text) => textDelta(0, text)), usageEvent(usage)];

/** Answers with `said`; one that is `cut` breaks after the first piece. */
function vendor(cut = false): Handler {
  return async (call): Promise<Reply> => {
    const reply = replyOf(target, call.life);
    if (!call.request.stream) {
      call.life.end(wholeEnd(usage));
      return { ...reply, body: { kind: "whole", result: () => collect(events) } };
    }
    async function* speak(): AsyncGenerator<Piece> {
      for (const event of events) {
        yield { events: [event] };
        if (cut) throw broken;
      }
    }
    const source = { pieces: speak(), usage: () => usage, stop: () => undefined };
    return { ...reply, body: { kind: "stream", pieces: await livingPieces(call.life, source) } };
  };
}

async function* shout(pieces: AsyncIterable<Piece>): AsyncGenerator<Piece> {
  for await (const { events: some } of pieces) {
    yield {
      events: some.map((one) =>
        one.event.case === "textDelta" ? textDelta(0, one.event.value.text.toUpperCase()) : one,
      ),
    };
  }
}

async function* refuse(pieces: AsyncIterable<Piece>): AsyncGenerator<Piece> {
  let seen = 0;
  for await (const piece of pieces) {
    if (seen > 0) throw refusal;
    seen += 1;
    yield piece;
  }
  throw refusal;
}

/** Throws before anything could be handed on. */
async function* silence(pieces: AsyncIterable<Piece>): AsyncGenerator<Piece> {
  for await (const { events: held } of pieces) {
    if (held.length > 0) throw refusal;
    yield { events: held };
  }
}

async function textOf(reply: Reply): Promise<string> {
  const all = [];
  for await (const piece of piecesOf(reply.body, chat)) all.push(piece.events);
  const content = collect(all.flat()).choices[0]?.message?.parts[0]?.content;
  return content?.case === "text" ? content.value.text : "";
}

function begin(stream: boolean, ends: End[]): Call {
  return callOf({ ends, request: requestOf(chat, chatOf("hi"), stream) });
}

const plan = { target, outlet: noOutlet, passes: false, losses: lenient };

for (const stream of [false, true]) {
  describe(`an answer that is rewritten, ${stream ? "streamed" : "whole"}`, () => {
    it("is handed on as it was rewritten, and ends with the vendor's usage", async () => {
      const ends: End[] = [];
      const reply = await rewriteReply(begin(stream, ends), vendor(), shout);
      expect([reply.body.kind, await textOf(reply)]).toEqual([
        stream ? "stream" : "whole",
        "ONE TWO ",
      ]);
      expect(ends).toEqual([{ kind: "whole", usage }]);
    });

    it("ends with what the rewriting throws, and the attempt inside with its own", async () => {
      const ends: End[] = [];
      const call = begin(stream, ends);
      const tried: Handler = (one) => attempt(one, vendor(), plan);
      const failure = handleCall(call, (one) => rewriteReply(one, tried, refuse)).then(textOf);
      expect(await rejection(failure)).toBe(refusal);
      expect(ends).toEqual([{ kind: "broken", fault: refusal.fault, usage }]);
      const how = stream ? "left" : "whole";
      expect(call.trace.attempts).toMatchObject([{ end: { kind: how, usage } }]);
    });

    it("rejects where the rewriting throws before its first piece", async () => {
      const ends: End[] = [];
      const failure = rewriteReply(begin(stream, ends), vendor(), silence);
      expect(await rejection(failure)).toBe(refusal);
      expect(ends).toMatchObject([{ kind: "broken", fault: refusal.fault }]);
    });
  });
}

describe("a stream that is rewritten", () => {
  it("breaks with the vendor's", async () => {
    const ends: End[] = [];
    const reply = await rewriteReply(begin(true, ends), vendor(true), shout);
    expect(await rejection(textOf(reply))).toBe(broken);
    expect(ends).toEqual([{ kind: "broken", fault: broken.fault, usage }]);
  });

  it("ends at once when the call is aborted, though nobody reads, and is no whole answer", async () => {
    const ends: End[] = [];
    const call = begin(true, ends);
    const tried: Handler = (one) => attempt(one, vendor(), plan);
    const reply = await handleCall(call, (one) => rewriteReply(one, tried, shout));
    const late = { reason: ErrorReason.DEADLINE_EXCEEDED, message: "late" };
    call.life.abort(late);
    expect(ends).toEqual([{ kind: "broken", fault: late, usage }]);
    expect(call.trace.attempts).toMatchObject([{ fault: late, usage }]);
    // The first piece was in hand; nothing comes after it but the fault.
    expect(await rejection(textOf(reply))).toBe(call.life.reason);
  });

  it("is left by whoever does not read to its end, and so is the one inside", async () => {
    const ends: End[] = [];
    const call = begin(true, ends);
    const tried: Handler = (one) => attempt(one, vendor(), plan);
    const { body } = await handleCall(call, (one) => rewriteReply(one, tried, shout));
    if (body.kind !== "stream") throw new Error("not a stream");
    for await (const _ of body.pieces) break;
    expect(ends).toEqual([{ kind: "left", usage }]);
    expect(call.trace.attempts).toMatchObject([{ end: { kind: "left", usage } }]);
  });
});

describe("an operation without a stream", () => {
  it("passes as it is", async () => {
    const call = callOf();
    const request = { ...call.request, operation: embed };
    const next: Handler = async ({ life }) => replyOf(target, life);
    const reply = await rewriteReply({ ...call, request }, next, shout);
    expect(reply.life).toBe(call.life);
    await expect(piecesOf(reply.body, embed).next()).rejects.toThrow("no pieces");
  });
});
