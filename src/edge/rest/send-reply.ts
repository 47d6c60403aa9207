import type { Event } from "../../../gen/parlance/chat/v1/event_pb.js";
import type { Call, Reply } from "../../core/call.ts";
import type { Facade, FacadeContext } from "../../core/dialect.ts";
import type { Fault } from "../../core/fault.ts";
import { createCollector } from "../../events/collect.ts";
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
  const headers = replyHeaders(call, reply);
  switch (reply.output.kind) {
    case "bytes":
      return exchange.respond(200, [...json, ...headers], reply.output.body);
    case "frames":
      return sendFrames(
        exchange,
        reply.output.chunks,
        [...streamHead(facade), ...headers],
        options,
      );
    case "embeddings":
      if (facade.embed === undefined)
        throw new Error(`the facade ${facade.name} has no embeddings`);
      return exchange.respond(
        200,
        [...json, ...headers],
        facade.embed.encodeResponse(reply.output.result, context),
      );
    case "ranking":
      if (facade.rerank === undefined) throw new Error(`the facade ${facade.name} ranks nothing`);
      return exchange.respond(
        200,
        [...json, ...headers],
        facade.rerank.encodeResponse(reply.output.result, context),
      );
    case "token_count":
      if (facade.countTokens === undefined)
        throw new Error(`the facade ${facade.name} counts no tokens`);
      return exchange.respond(
        200,
        [...json, ...headers],
        facade.countTokens.encodeResponse(reply.output.inputTokens),
      );
    case "events":
      if (call.request.operation === "chat" && call.request.stream) {
        return sendEvents(
          exchange,
          reply.output.batches,
          [...streamHead(facade), ...headers],
          options,
        );
      }
      return sendWhole(exchange, reply.output.batches, [...json, ...headers], options);
  }
}

/**
 * What a stream is called is ours to say, also where the vendor's frames pass untouched: it might
 * call them a page.
 */
function streamHead({ framing }: Facade): readonly string[] {
  return framing === "ndjson" ? ndjson : sse;
}

async function sendWhole(
  exchange: Exchange,
  batches: AsyncIterable<readonly Event[]>,
  headers: readonly string[],
  { facade, context }: SendOptions,
): Promise<void> {
  const collector = createCollector();
  for await (const batch of batches) {
    for (const event of batch) collector.add(event);
  }
  exchange.respond(200, headers, facade.encodeResponse(collector.completion(), context));
}

function sendFrames(
  exchange: Exchange,
  chunks: AsyncIterable<Uint8Array>,
  headers: readonly string[],
  options: SendOptions,
): Promise<void> {
  const { facade, context } = options;
  return stream(exchange, chunks, headers, options, {
    frames: (chunk) => chunk,
    end: () => "",
    fault: (fault) => facade.encodeStreamError(facade.begin(context), fault).join(""),
  });
}

function sendEvents(
  exchange: Exchange,
  batches: AsyncIterable<readonly Event[]>,
  headers: readonly string[],
  options: SendOptions,
): Promise<void> {
  const { facade } = options;
  let state = facade.begin(options.context);
  return stream(exchange, batches, headers, options, {
    frames: (batch) => {
      let text = "";
      for (const event of batch) {
        const [next, frames] = facade.encodeEvent(state, event);
        state = next;
        for (const frame of frames) text += frame;
      }
      return text;
    },
    end: () => facade.encodeEnd(state).join(""),
    fault: (fault) => facade.encodeStreamError(state, fault).join(""),
  });
}

/** What is written for each value of a stream, for its end, and for its failure. */
interface Writer<T> {
  frames(value: T): string | Uint8Array;
  end(): string;
  fault(fault: Fault): string;
}

/**
 * Writes a stream. The head leaves with the first chunk. A failure in the middle is told in the
 * dialect's own way and never followed by the dialect's end, so that no client takes a broken
 * answer for a whole one.
 */
async function stream<T>(
  exchange: Exchange,
  values: AsyncIterable<T>,
  headers: readonly string[],
  options: SendOptions,
  writer: Writer<T>,
): Promise<void> {
  const response = exchange.startStream(200, headers);
  const iterator = values[Symbol.asyncIterator]();
  try {
    for (;;) {
      const next = await iterator.next();
      if (next.done === true) break;
      const text = writer.frames(next.value);
      const full = text.length === 0 ? undefined : response.write(text);
      if (full !== undefined) await full;
      if (exchange.closed) {
        await iterator.return?.();
        return;
      }
    }
    finish(response, writer.end());
  } catch (error) {
    finish(response, writer.fault(faultOf(error, options.onBug)));
    // What failed may be the writing, and then nobody else tells the source. One that has failed
    // itself has ended.
    await iterator.return?.();
  }
}

function finish(response: ResponseStream, text: string): void {
  if (text !== "") void response.write(text);
  response.end();
}
