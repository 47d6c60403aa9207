import type { Event } from "../../../gen/parlance/chat/v1/event_pb.js";
import { ErrorReason } from "../../../gen/parlance/error/v1/error_reason_pb.js";
import { appendAll } from "../../core/append-all.ts";
import type { Call, Piece, Reply } from "../../core/call.ts";
import {
  clientCodecOf,
  type Facade,
  type FacadeContext,
  type StreamEncoder,
} from "../../core/dialect.ts";
import type { Fault } from "../../core/faults/fault.ts";
import { type Flowing, takeAll } from "../../core/reply/flow.ts";
import type { ReplyFacts } from "../../core/reply/reply-facts.ts";
import { piecesOf } from "../../core/reply/rewrite-reply.ts";
import { faultOf } from "../fault-of.ts";
import type { Exchange } from "../http/exchange.ts";
import { ownRatesOf, replyHeaders } from "./reply-headers.ts";
import type { ReplyStream } from "./reply-stream.ts";

/** What sending needs beside the reply. */
export interface SendOptions {
  readonly facade: Facade;
  readonly context: FacadeContext;
  /** Of a call that wants a stream. */
  readonly stream: ReplyStream | undefined;
  readonly onBug: (error: unknown) => void;
}

const json = ["content-type", "application/json"] as const;

/** Sends a reply in the caller's dialect. Rejects only before the head is sent. */
export async function sendReply(
  exchange: Exchange,
  call: Call,
  reply: Reply,
  options: SendOptions,
): Promise<void> {
  const { facade, context, stream } = options;
  const { operation } = call.request;
  const codec = clientCodecOf(facade, operation);
  if (codec === undefined) throw new Error(`the facade ${facade.name} has no ${operation.name}`);
  const headers = replyHeaders(call, reply, ownRatesOf(call, facade, context.nowUnixS));
  const { body } = reply;
  if (body.kind === "stream" && body.contentType !== undefined)
    return sendBytes(exchange, body.pieces, ["content-type", body.contentType, ...headers]);
  if (body.kind === "stream" || stream?.begun === true) {
    if (codec.stream === undefined || stream === undefined)
      throw new Error(`the facade ${facade.name} streams no ${operation.name}`);
    addOwn(headers, facade, { callId: call.id, headers: reply.headers });
    stream.begin(headers);
    const pieces = body.kind === "stream" ? body.pieces : piecesOf(body, operation);
    const writer = writerOf(codec.stream, context, marks(call, facade), () => elapsedMs(call));
    return writeStream(exchange, pieces, { stream, writer, onBug: options.onBug });
  }
  if (facade.replyHeaders !== undefined) {
    const usage = reply.life.ended?.usage ?? operation.usageOf(body.result());
    const whole = { operation: operation.name, usage, latencyMs: elapsedMs(call) };
    addOwn(headers, facade, { callId: call.id, headers: reply.headers, whole });
  }
  const encoded =
    body.wire ?? codec.encodeResponse(body.result(), { ...context, latencyMs: elapsedMs(call) });
  if (typeof encoded === "string" || encoded instanceof Uint8Array)
    return exchange.respond(200, [...json, ...headers], encoded);
  exchange.respond(200, ["content-type", encoded.contentType, ...headers], encoded.bytes);
}

/** Adds the headers that clients of the dialect read. */
function addOwn(headers: string[], facade: Facade, facts: ReplyFacts): void {
  const own = facade.replyHeaders?.(facts);
  if (own !== undefined) appendAll(headers, own);
}

function elapsedMs({ trace, life }: Call): number {
  return Math.max(0, Math.round(life.nowMs - trace.startedMs));
}

/** Pieces whose bytes may pass are written as they came, the others in the client's dialect. */
function writerOf(
  encoder: StreamEncoder,
  context: FacadeContext,
  marked: boolean,
  elapsed: () => number,
): Writer {
  let state = encoder.begin(context);
  let passed = false;
  let firstByteMs: number | undefined;
  return {
    piece: ({ events, wire }) => {
      if (wire !== undefined) {
        passed = true;
        encoder.passed?.(state, wire);
        return wire;
      }
      let text = "";
      for (const event of events) {
        if (marked) text += markOf(event);
        const [next, frames] = encoder.encodeEvent(state, event);
        state = next;
        for (const frame of frames) text += frame;
      }
      if (text !== "") firstByteMs ??= elapsed();
      return text;
    },
    end: () => {
      if (passed) return "";
      const latencyMs = elapsed();
      return encoder
        .encodeEnd(state, { firstByteMs: firstByteMs ?? latencyMs, latencyMs })
        .join("");
    },
    fault: (fault) =>
      fault.frames === undefined ? encoder.encodeStreamError(state, fault).join("") : "",
  };
}

/** The header with which callers ask where a stream that broke was gone on with. */
const markHeader = "x-parlance-continue-marker";

function marks({ header }: Call, { framing }: Facade): boolean {
  return framing === undefined && header(markHeader) === "true";
}

/** A comment of server-sent events, which clients skip that do not look for it. */
function markOf({ event }: Event): string {
  if (event.case !== "continued") return "";
  const { target, failure } = event.value;
  const place = `${target?.provider}/${target?.model}`.replaceAll(/[\r\n]/g, " ");
  return `: parlance-continued target=${place} after=${ErrorReason[failure]}\n\n`;
}

/** What is written for each piece of a stream, for its end, and for its failure. */
interface Writer {
  piece(piece: Piece): string | Uint8Array;
  /** "" where the vendor's own bytes have ended the answer. */
  end(): string;
  fault(fault: Fault): string;
}

interface StreamParts extends Pick<SendOptions, "onBug"> {
  readonly stream: ReplyStream;
  readonly writer: Writer;
}

/**
 * Writes a stream. A failure in the middle is written in the dialect's own way and never followed
 * by the dialect's end, so that no client takes a broken answer for a whole one.
 */
async function writeStream(
  exchange: Exchange,
  pieces: Flowing<Piece>,
  { stream, writer, onBug }: StreamParts,
): Promise<void> {
  const iterator = pieces[Symbol.asyncIterator]();
  const leaveWhenGone = (): void => {
    if (exchange.closed) void iterator.return?.();
  };
  const take = (piece: Piece): Promise<void> | undefined => {
    if (piece.wire === undefined && piece.events.length === 0) stream.beat();
    const full = stream.write(writer.piece(piece));
    leaveWhenGone();
    return full?.then(leaveWhenGone);
  };
  try {
    await takeAll(iterator, take);
    stream.end(writer.end());
  } catch (error) {
    stream.end(writer.fault(faultOf(error, onBug)));
    // What failed may be the writing, and then nobody else tells the source. One that has failed
    // itself has ended.
    await iterator.return?.();
  }
}

/** Bytes have no place for a failure: nothing but a broken connection tells of it. */
async function sendBytes(
  exchange: Exchange,
  pieces: AsyncIterable<Piece>,
  headers: readonly string[],
): Promise<void> {
  const response = exchange.startStream(200, headers);
  const iterator = pieces[Symbol.asyncIterator]();
  try {
    for (let next = await iterator.next(); next.done !== true; next = await iterator.next()) {
      const full = response.write(next.value.wire ?? "");
      if (full !== undefined) await full;
      if (exchange.closed) {
        await iterator.return?.();
        return;
      }
    }
    response.end();
  } catch {
    // Why is in the call's record.
    response.abort();
    await iterator.return?.();
  }
}
