import type { Flowing, FlowingIterator } from "../core/reply/flow.ts";
import type { BodyQueue } from "./body-queue.ts";
import { decodeBody } from "./decode-body.ts";
import { UpstreamError } from "./upstream-error.ts";

/** The largest body that `bytes()` gathers by default: 64 MiB. */
const DEFAULT_MAX_BODY_BYTES = 64 * 1024 * 1024;

/**
 * A reply body, to be read once, by `bytes` or by `chunks`. One that is not read must be cancelled,
 * else its connection stays taken. Where the upstream sends neither Content-Length nor chunks, a
 * lost connection looks like the end (RFC 9112, 8): a reader must know its own format's end marker.
 */
export interface UpstreamBody {
  /**
   * The whole body, decompressed; over `maxBytes` (default 64 MiB, counted decompressed) it is a
   * `too_large` failure.
   */
  bytes(maxBytes?: number): Promise<Uint8Array>;
  /**
   * The body as it arrives, decompressed, with backpressure and no bound on the sum. Leaving the
   * loop early cancels. Each chunk is progress, unless the reader passes `reported`, which means
   * that it reports progress itself.
   */
  chunks(progress?: "reported"): Flowing<Uint8Array>;
  /**
   * The vendor got on with its answer. The first time the bound on the first content ends and that
   * on pauses begins; from then on it begins anew each time.
   */
  progressed(): void;
  /**
   * Closes the upstream connection unless the body has arrived whole; a pending read fails as
   * `aborted`. Safe at any time.
   */
  cancel(): void;
}

/** The head of a reply and its body. */
export interface UpstreamResponse {
  readonly status: number;
  /**
   * Names in lower case, repeated fields joined by ", ". Without content-encoding and
   * content-length when the body is decompressed.
   */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: UpstreamBody;
}

/** The reply as its reader sees it. */
export function createResponse(
  status: number,
  headers: Record<string, string | string[] | undefined>,
  queue: BodyQueue,
): UpstreamResponse {
  const flat = flattenHeaders(headers);
  const encoding = flat["content-encoding"];
  if (encoding === undefined || encoding === "identity") {
    return {
      status,
      headers: flat,
      body: createPlainBody(queue, Number(flat["content-length"] ?? 0)),
    };
  }
  delete flat["content-encoding"];
  delete flat["content-length"];
  return { status, headers: flat, body: createDecodedBody(queue, encoding) };
}

function createPlainBody(queue: BodyQueue, announcedBytes: number): UpstreamBody {
  return {
    bytes(maxBytes = DEFAULT_MAX_BODY_BYTES) {
      if (announcedBytes > maxBytes)
        queue.cancel(new UpstreamError("too_large", `the reply is larger than ${maxBytes} bytes`));
      return queue.gather(maxBytes);
    },
    chunks: (progress) => iterate(queue, progress),
    progressed: () => queue.progressed(),
    cancel: () => cancelQueue(queue),
  };
}

function createDecodedBody(queue: BodyQueue, encoding: string): UpstreamBody {
  const chunks: UpstreamBody["chunks"] = (progress) =>
    decodeBody(encoding, iterate(queue, progress));
  return {
    async bytes(maxBytes = DEFAULT_MAX_BODY_BYTES) {
      const pieces: Uint8Array[] = [];
      let size = 0;
      for await (const chunk of chunks()) {
        size += chunk.length;
        if (size > maxBytes)
          throw new UpstreamError("too_large", `the reply is larger than ${maxBytes} bytes`);
        pieces.push(chunk);
      }
      return Buffer.concat(pieces);
    },
    chunks,
    progressed: () => queue.progressed(),
    cancel: () => cancelQueue(queue),
  };
}

/**
 * Written out, for an async generator costs several promises a chunk and cannot be cancelled while
 * it waits.
 */
function iterate(
  queue: BodyQueue,
  progress: "reported" | undefined,
): AsyncIterableIterator<Uint8Array> & FlowingIterator<Uint8Array> {
  if (progress === undefined) queue.countChunks();
  return {
    next: () => queue.next(),
    flow: (take) => queue.flow(take),
    return() {
      cancelQueue(queue);
      return Promise.resolve({ done: true, value: undefined });
    },
    [Symbol.asyncIterator]() {
      return this;
    },
  };
}

function cancelQueue(queue: BodyQueue): void {
  queue.cancel(new UpstreamError("aborted", "the reader cancelled the reply"));
}

function flattenHeaders(
  headers: Record<string, string | string[] | undefined>,
): Record<string, string> {
  const flat: Record<string, string> = {};
  for (const name in headers) {
    const value = headers[name];
    if (value !== undefined) flat[name] = typeof value === "string" ? value : value.join(", ");
  }
  return flat;
}
