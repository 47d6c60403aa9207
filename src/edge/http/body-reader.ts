import { constants, type ServerHttp2Stream } from "node:http2";
import type { Readable } from "node:stream";
import { draining } from "../../core/faults/draining.ts";
import { GatewayError } from "../../core/faults/gateway-error.ts";
import type { BodyPrefix } from "./exchange.ts";
import type { ExchangeLifetime } from "./exchange-lifetime.ts";
import { BodyMemoryError, BodyTooLargeError, ClientGoneError, HttpError } from "./http-error.ts";

/** Bounds for reading one request body. */
export interface BodyBounds {
  /** The most bytes to take. */
  readonly maxBytes: number;
  /** Milliseconds the body may take to arrive; 0 is no bound. */
  readonly timeoutMs: number;
  /** Looked at before the rest of the body has come. */
  readonly prefix?: BodyPrefix | undefined;
}

/** Parses Content-Length; undefined when absent or not a number. */
function parseContentLength(value: string | undefined): number | undefined {
  if (value === undefined) return undefined;
  const length = Number(value);
  return Number.isInteger(length) && length >= 0 ? length : undefined;
}

/**
 * Why a body is not to be read, by the length that its head declares. Memory is looked at and not
 * taken: a head claims it for nothing.
 */
export function refuseDeclared(
  contentLength: string | undefined,
  lifetime: ExchangeLifetime,
  maxBytes: number,
): HttpError | undefined {
  const declared = parseContentLength(contentLength);
  if (declared === undefined) return undefined;
  if (declared > maxBytes) return new BodyTooLargeError(maxBytes, declared);
  return lifetime.fits(declared) ? undefined : new BodyMemoryError();
}

/**
 * Reads a whole body into one array; a body that came in one piece is not copied. After a rejection
 * nothing more is read: the caller decides what becomes of the rest.
 */
export function readWholeBody(
  source: Readable,
  lifetime: ExchangeLifetime,
  bounds: BodyBounds,
): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let size = 0;
    let settled = false;
    const timer = bounds.timeoutMs > 0 ? setTimeout(onLate, bounds.timeoutMs) : undefined;
    source.on("data", onData);
    source.on("end", onEnd);
    lifetime.onClose(onGone);
    lifetime.onExpire(onExpired);

    function settle(): boolean {
      if (settled) return false;
      settled = true;
      clearTimeout(timer);
      source.off("data", onData);
      source.off("end", onEnd);
      return true;
    }
    function fail(error: Error): void {
      if (!settle()) return;
      source.pause();
      reject(error);
    }
    function onData(chunk: Buffer): void {
      const before = size;
      size += chunk.length;
      chunks.push(chunk);
      const error = checkPrefix(chunks, before, size, bounds.prefix);
      if (error !== undefined) fail(error);
      else if (size > bounds.maxBytes) fail(new BodyTooLargeError(bounds.maxBytes));
      else if (!lifetime.hold(chunk.length)) fail(new BodyMemoryError());
    }
    function onEnd(): void {
      const [first] = chunks;
      if (settle())
        resolve(first !== undefined && chunks.length === 1 ? first : Buffer.concat(chunks, size));
    }
    function onGone(): void {
      fail(new ClientGoneError());
    }
    function onExpired(): void {
      fail(new GatewayError(draining));
    }
    function onLate(): void {
      fail(
        new HttpError(
          408,
          "request_timeout",
          `The request body did not arrive within ${bounds.timeoutMs} ms.`,
        ),
      );
    }
  });
}

/** Looks at the first bytes once, with the chunk that completes them. */
function checkPrefix(
  chunks: readonly Buffer[],
  before: number,
  size: number,
  prefix: BodyPrefix | undefined,
): Error | undefined {
  if (prefix === undefined || before >= prefix.bytes || size < prefix.bytes) return undefined;
  const [only] = chunks;
  return prefix.check(only !== undefined && chunks.length === 1 ? only : Buffer.concat(chunks));
}

/**
 * Yields a body as it arrives. Leaving the loop early leaves the source open, so that a reply can
 * still be sent.
 */
export async function* iterateBody(
  source: Readable,
  lifetime: ExchangeLifetime,
  maxBytes: number,
): AsyncGenerator<Uint8Array> {
  let size = 0;
  try {
    for await (const chunk of source.iterator({ destroyOnReturn: false })) {
      size += chunk.length;
      if (size > maxBytes) throw new BodyTooLargeError(maxBytes);
      yield chunk;
    }
  } catch (error) {
    throw lifetime.gone ? new ClientGoneError() : error;
  }
  if (lifetime.gone) throw new ClientGoneError();
}

/** How much of a body is taken after its request was answered. */
export interface DiscardBounds {
  readonly maxBytes: number;
  /** Milliseconds it may take to arrive; 0 is no bound. */
  readonly timeoutMs: number;
}

/**
 * Reads the rest of a body and forgets it, so that a client that sends before it reads gets to see
 * the reply; calls `cut` where the rest is beyond its bounds.
 */
export function discardRest(
  source: Readable,
  { maxBytes, timeoutMs }: DiscardBounds,
  cut: () => void,
): void {
  let size = 0;
  const timer = timeoutMs > 0 ? setTimeout(cut, timeoutMs) : undefined;
  const settle = (): void => clearTimeout(timer);
  source.once("end", settle);
  source.once("close", settle);
  source.on("data", (chunk: Buffer) => {
    size += chunk.length;
    if (size > maxBytes) cut();
  });
  source.resume();
}

/**
 * Calls off the rest of a body over HTTP/2 once all of the reply is out, which clients take for no
 * failure (RFC 9113 section 8.1). What arrives until then is forgotten.
 */
export function callOffRest(stream: ServerHttp2Stream): void {
  const reset = (): void => {
    if (stream.readableEnded || stream.destroyed) return;
    // `finish` comes before trailers, and a reset would overtake what is not out yet.
    if (stream.state.localClose === 1) stream.close(constants.NGHTTP2_NO_ERROR);
    else setTimeout(reset, replyEndMs);
  };
  stream.resume();
  // A turn later, for the end of a small body mostly comes with its head.
  if (stream.writableFinished) setImmediate(reset);
  else stream.once("finish", () => setImmediate(reset));
}

/** How often it is looked whether the end of a reply is out; mostly it is at once. */
const replyEndMs = 10;
