import { appendAll } from "../../core/append-all.ts";
import type { Call } from "../../core/call.ts";
import type { Facade } from "../../core/dialect.ts";
import { printEventStream } from "../../core/dispatch/print-event-stream.ts";
import { callIdHeader } from "../call-id.ts";
import {
  budgetHeader,
  costHeader,
  leftHeaders,
  litellmCostHeader,
  pushCost,
  rateHeaders,
} from "../caller-headers.ts";
import type { Exchange, ResponseStream } from "../http/exchange.ts";
import { spanHeaders } from "../timing-headers.ts";

/** A streamed reply, from the arrival of its call to its last byte. */
export interface ReplyStream {
  /** True once its head is sent: what becomes of the call is then written into the stream. */
  readonly begun: boolean;
  /**
   * The reply is there. Its headers (name, value, name, value) leave with its first bytes, or as
   * trailers where a heartbeat has taken the head along.
   */
  begin(headers: readonly string[]): void;
  /** As `ResponseStream.write`; "" writes nothing. */
  write(chunk: Uint8Array | string): Promise<void> | undefined;
  /** Forwards a vendor's sign of life. */
  beat(): void;
  /** Sends what is left and completes the reply. */
  end(text: Uint8Array | string): void;
  /** Sends no more heartbeats. */
  close(): void;
}

/** How a stream is named and kept open. */
export interface ReplyStreamOptions {
  readonly facade: Pick<Facade, "framing" | "heartbeat" | "replyHeaders">;
  /** How long a stream may be silent, in milliseconds; 0: for ever. */
  readonly heartbeatMs: number;
}

/** Tells proxies between us and the client to hand each event on at once. */
const unbuffered = ["cache-control", "no-cache", "x-accel-buffering", "no"];

const ndjson = ["content-type", "application/x-ndjson", ...unbuffered];
const streamJson = ["content-type", "application/stream+json", ...unbuffered];
const eventStream = ["content-type", "application/vnd.amazon.eventstream"];

const sse = ["content-type", "text/event-stream; charset=utf-8", ...unbuffered];

const heads = { ndjson, "stream+json": streamJson, sse, eventstream: eventStream } as const;

/**
 * Makes the stream of a call that waits for its reply. While nothing is written for `heartbeatMs`,
 * before the reply too, a heartbeat in the form of the client's dialect is: the first of them takes
 * the head along, with status 200 (docs/decisions/0046-no-silence.md). Close it in any case.
 */
export function createReplyStream(
  exchange: Exchange,
  call: Pick<Call, "id" | "life" | "trace" | "traceparent">,
  { facade, heartbeatMs }: ReplyStreamOptions,
): ReplyStream {
  const { id, trace, life } = call;
  // What a stream is called is ours to say, also where the vendor's frames pass untouched: it might
  // call them a page.
  const framing = heads[facade.framing ?? "sse"];
  const pack = facade.framing === "eventstream" ? printEventStream : undefined;
  const { heartbeat = "" } = facade;
  let response: ResponseStream | undefined;
  let trailers: readonly string[] | undefined;
  /** The client is slow: what is sent to it waits, and one byte more helps nobody. */
  let full = false;
  /** The head says what limits leave. */
  let saidLeft = false;
  let writtenMs = life.nowMs;
  let cancelTimer: (() => void) | undefined;

  const write = (chunk: Uint8Array | string): Promise<void> | undefined => {
    if (chunk.length === 0) return undefined;
    writtenMs = life.nowMs;
    const room = response?.write(typeof chunk === "string" && pack ? pack(chunk) : chunk);
    if (room === undefined) return undefined;
    full = true;
    return room.then(() => {
      full = false;
    });
  };
  const beat = (): void => {
    if (full || exchange.closed) return;
    if (response === undefined) {
      const own = facade.replyHeaders?.({ callId: id, headers: {} }) ?? [];
      const left = leftHeaders(trace);
      saidLeft = left.length > 0;
      const head = [...framing, ...own, ...left, callIdHeader, id, ...spanHeaders(call)];
      appendAll(head, trailerOf(saidLeft));
      response = exchange.startStream(200, head, { trailers: true });
      trailers = [];
    }
    void write(heartbeat);
  };
  const tick = (): void => {
    const quietMs = life.nowMs - writtenMs;
    if (quietMs >= heartbeatMs) beat();
    if (!exchange.closed) arm(quietMs >= heartbeatMs ? heartbeatMs : heartbeatMs - quietMs);
  };
  const arm = (delayMs: number): void => {
    cancelTimer = life.clock.schedule(tick, delayMs);
  };
  const close = (): void => cancelTimer?.();
  if (heartbeat !== "" && heartbeatMs > 0) arm(heartbeatMs);
  return {
    get begun() {
      return response !== undefined;
    },
    begin(headers) {
      if (response === undefined) {
        // What the call costs is known when it is over.
        const head = [...framing, ...headers, "trailer", costTrailers];
        response = exchange.startStream(200, head, { trailers: true });
      } else trailers = behindHead(headers, saidLeft);
    },
    write,
    beat,
    end(text) {
      close();
      void write(text);
      if (response === undefined) return;
      const behind = [...(trailers ?? [])];
      pushCost(behind, trace);
      response.end(behind);
    },
    close,
  };
}

/** The headers of a reply whose head has left, of those that are announced. */
function behindHead(headers: readonly string[], saidLeft: boolean): readonly string[] {
  const isBehind = (name: string) => announced.has(name) || (!saidLeft && lefts.has(name));
  return headers.filter((_, at) => isBehind(headers[at - (at % 2)] ?? ""));
}

/** What a head says that left before there was a reply comes behind it. */
const announced: ReadonlySet<string> = new Set([
  "x-parlance-target",
  "x-parlance-why",
  "x-parlance-attempts",
  "x-parlance-arm",
  "x-parlance-trail",
  "x-parlance-rule",
  "x-parlance-guards",
  "x-parlance-overhead-us",
  "server-timing",
  "x-parlance-fidelity",
  "x-parlance-cache",
  "x-parlance-cache-age",
  "x-parlance-cache-key",
]);
const lefts: ReadonlySet<string> = new Set([...rateHeaders, budgetHeader]);
const leftNames = [...lefts].join(", ");
const costTrailers = `${costHeader}, ${litellmCostHeader}`;
/** What limits leave is mostly known before the reply; else it comes behind it. */
const trailerOf = (saidLeft: boolean): readonly string[] => [
  "trailer",
  saidLeft ? trailerNames : `${trailerNames}, ${leftNames}`,
];
const trailerNames = [...announced, costTrailers].join(", ");
