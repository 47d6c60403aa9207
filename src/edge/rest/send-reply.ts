import type { Call, Piece, Reply } from "../../core/call.ts";
import {
  clientCodecOf,
  type Facade,
  type FacadeContext,
  type StreamEncoder,
} from "../../core/dialect.ts";
import type { Fault } from "../../core/faults/fault.ts";
import { faultOf } from "../fault-of.ts";
import type { Exchange, ResponseStream } from "../http/exchange.ts";
import { replyHeaders } from "./reply-headers.ts";

/** What sending needs beside the reply. */
export interface SendOptions {
  readonly facade: Facade;
  readonly context: FacadeContext;
  readonly onBug: (error: unknown) => void;
}

const json = ["content-type", "application/json"] as const;

const ndjson = [
  "content-type",
  "application/x-ndjson",
  "cache-control",
  "no-cache",
  "x-accel-buffering",
  "no",
];

/** Tells proxies between us and the client to hand each event on at once. */
const sse = [
  "content-type",
  "text/event-stream; charset=utf-8",
  "cache-control",
  "no-cache",
  "x-accel-buffering",
  "no",
];

/** Sends a reply in the caller's dialect. Rejects only before the head is sent. */
export async function sendReply(
  exchange: Exchange,
  call: Call,
  reply: Reply,
  options: SendOptions,
): Promise<void> {
  const { facade, context } = options;
  const { operation } = call.request;
  const codec = clientCodecOf(facade, operation);
  if (codec === undefined) throw new Error(`the facade ${facade.name} has no ${operation.name}`);
  const headers = replyHeaders(call, reply);
  const { body } = reply;
  if (body.kind === "stream" && body.contentType !== undefined) {
    const head = ["content-type", body.contentType, ...headers];
    return writeStream(exchange, body.pieces, head, options.onBug, bytesWriter);
  }
  if (body.kind === "stream") {
    if (codec.stream === undefined)
      throw new Error(`the facade ${facade.name} streams no ${operation.name}`);
    // What a stream is called is ours to say, also where the vendor's frames pass untouched: it
    // might call them a page.
    const head = facade.framing === "ndjson" ? ndjson : sse;
    const writer = writerOf(codec.stream, context);
    return writeStream(exchange, body.pieces, [...head, ...headers], options.onBug, writer);
  }
  const encoded = body.wire ?? codec.encodeResponse(body.result(), context);
  if (typeof encoded === "string" || encoded instanceof Uint8Array)
    return exchange.respond(200, [...json, ...headers], encoded);
  exchange.respond(200, ["content-type", encoded.contentType, ...headers], encoded.bytes);
}

/** Pieces whose bytes may pass are written as they came, the others in the client's dialect. */
function writerOf(encoder: StreamEncoder, context: FacadeContext): Writer {
  let state = encoder.begin(context);
  let passed = false;
  return {
    piece: ({ events, wire }) => {
      if (wire !== undefined) {
        passed = true;
        encoder.passed?.(state, wire);
        return wire;
      }
      let text = "";
      for (const event of events) {
        const [next, frames] = encoder.encodeEvent(state, event);
        state = next;
        for (const frame of frames) text += frame;
      }
      return text;
    },
    end: () => (passed ? "" : encoder.encodeEnd(state).join("")),
    fault: (fault) =>
      fault.frames === undefined ? encoder.encodeStreamError(state, fault).join("") : "",
  };
}

/** What is written for each piece of a stream, for its end, and for its failure. */
interface Writer {
  piece(piece: Piece): string | Uint8Array;
  /** "" where the vendor's own bytes have ended the answer. */
  end(): string;
  /** Undefined where only breaking the reply off tells of it. */
  fault(fault: Fault): string | undefined;
}

/** Bytes have no place for a failure: nothing but a broken connection tells of it. */
const bytesWriter: Writer = {
  piece: ({ wire }) => wire ?? "",
  end: () => "",
  fault: () => undefined,
};

/**
 * Writes a stream. The head leaves with the first chunk. A failure in the middle is written in the
 * dialect's own way and never followed by the dialect's end, so that no client takes a broken
 * answer for a whole one.
 */
async function writeStream(
  exchange: Exchange,
  pieces: AsyncIterable<Piece>,
  headers: readonly string[],
  onBug: SendOptions["onBug"],
  writer: Writer,
): Promise<void> {
  const response = exchange.startStream(200, headers);
  const iterator = pieces[Symbol.asyncIterator]();
  try {
    for (;;) {
      const next = await iterator.next();
      if (next.done === true) break;
      const text = writer.piece(next.value);
      const full = text.length === 0 ? undefined : response.write(text);
      if (full !== undefined) await full;
      if (exchange.closed) {
        await iterator.return?.();
        return;
      }
    }
    finish(response, writer.end());
  } catch (error) {
    const text = writer.fault(faultOf(error, onBug));
    if (text === undefined) response.abort();
    else finish(response, text);
    // What failed may be the writing, and then nobody else tells the source. One that has failed
    // itself has ended.
    await iterator.return?.();
  }
}

function finish(response: ResponseStream, text: string): void {
  if (text !== "") void response.write(text);
  response.end();
}
