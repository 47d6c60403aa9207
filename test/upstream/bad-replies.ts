import type { ServerResponse } from "node:http";
import { brotliCompressSync, deflateSync, gzipSync, zstdCompressSync } from "node:zlib";
import { ErrorReason } from "../../gen/parlance/error/v1/error_reason_pb.js";
import type { VendorReply } from "../vendors/vendor-reply.ts";

/**
 * How a call may end: with the whole answer, with bytes that are none, with what the vendor said of
 * its failure, or with a failure of this reason.
 */
export type Ending = "answer" | "bytes" | "told" | ErrorReason;

/** What else a bad reply may need to know. */
export interface BadWorld {
  /** An origin that must not be asked. */
  readonly elsewhere: string;
  /** How the dialect's vendor says `busy`. */
  readonly failure: VendorFailure;
}

/** A vendor's words for a failure: as a reply, and within a stream. */
export interface VendorFailure {
  readonly json: object;
  readonly frame: string | Uint8Array;
}

/** The message of every failure. */
export const busy = "the vendor is busy";

/** A reply that no vendor should give, and every way a call for it may end. */
export interface BadReply {
  readonly title: string;
  readonly unary: readonly Ending[];
  readonly stream: readonly Ending[];
  /**
   * What it is cannot be told without reading all of it, so a caller of the vendor's own dialect
   * gets its bytes. Default false.
   */
  readonly passes?: boolean;
  /**
   * It takes long, and what becomes of it is decided before any dialect sees it: one dialect is
   * enough. Default false.
   */
  readonly once?: boolean;
  /** Sends it; `good` is the answer as the dialect's vendor gives it. */
  readonly send: (response: ServerResponse, good: VendorReply, world: BadWorld) => void;
}

const malformed = [ErrorReason.UPSTREAM_MALFORMED];
const cut = [ErrorReason.UPSTREAM_CUT];
const both = (endings: readonly Ending[]) => ({ unary: endings, stream: endings });
const answered = both(["answer"]);
const page = "<html><head><title>Maintenance</title></head><body>We will be back.</body></html>";
const hugeBytes = 100_000_000;

/** Every reply that can be told apart without knowing its dialect. */
export const badReplies: readonly BadReply[] = [
  {
    title: "a page with status 200",
    ...both(malformed),
    send: (response) => sendPage(response, 200),
  },
  {
    title: "a page with status 502",
    ...both([ErrorReason.UPSTREAM_UNAVAILABLE]),
    send: (response) => sendPage(response, 502),
  },
  {
    title: "an empty body",
    unary: malformed,
    stream: [...malformed, ...cut],
    send: (response, { headers }) => response.writeHead(200, headers).end(),
  },
  { title: "a body in gzip", ...answered, send: encoded("gzip", gzipSync) },
  { title: "a body in brotli", ...answered, send: encoded("br", brotliCompressSync) },
  { title: "a body in deflate", ...answered, send: encoded("deflate", deflateSync) },
  { title: "a body in zstd", ...answered, send: encoded("zstd", zstdCompressSync) },
  {
    title: "half a gzip",
    ...both(malformed),
    send: encoded("gzip", (body) => half(gzipSync(body))),
  },
  { title: "a gzip that is none", ...both(malformed), send: encoded("gzip", (body) => body) },
  {
    title: "an encoding that nobody knows",
    ...both(malformed),
    send: encoded("x-nonesuch", (body) => body),
  },
  {
    title: "100 MB of announced length",
    ...both(malformed),
    send: sendHuge({ "content-length": hugeBytes }),
  },
  { title: "100 MB of unknown length", once: true, ...both(malformed), send: sendHuge({}) },
  ...[301, 302, 303, 307, 308].map(
    (status): BadReply => ({
      title: `a redirect with ${status}`,
      ...both(malformed),
      send: (response, _, { elsewhere }) =>
        response.writeHead(status, { location: elsewhere }).end(),
    }),
  ),
  {
    title: "a connection that is reset before the head",
    ...both([ErrorReason.UPSTREAM_UNREACHABLE]),
    send: (response) => response.socket?.resetAndDestroy(),
  },
  {
    title: "a connection that is reset in the body",
    ...both(cut),
    send(response, { headers, frames }) {
      response.writeHead(200, headers);
      response.write(half(Buffer.concat(frames)), () => response.socket?.resetAndDestroy());
    },
  },
  {
    title: "a content type that is another's",
    unary: ["answer"],
    stream: ["answer", ...malformed, ...cut],
    send: (response, { frames }) =>
      response.writeHead(200, { "content-type": "text/plain" }).end(Buffer.concat(frames)),
  },
  {
    title: "no content type",
    unary: ["answer"],
    stream: ["answer", ...malformed, ...cut],
    send: (response, { frames }) => response.writeHead(200).end(Buffer.concat(frames)),
  },
  {
    title: "text in UTF-16",
    unary: malformed,
    stream: [...malformed, ...cut],
    send(response, { headers, frames }) {
      const type = `${String(headers["content-type"])}; charset=utf-16`;
      response
        .writeHead(200, { "content-type": type })
        .end(Buffer.from(Buffer.concat(frames).toString(), "utf16le"));
    },
  },
  {
    // AWS has no such replies, so to its dialects this is no answer.
    title: "a failure with status 200",
    ...both(["told", ...malformed]),
    send: (response, _, { failure }) =>
      response
        .writeHead(200, { "content-type": "application/json" })
        .end(JSON.stringify(failure.json)),
  },
  {
    title: "a failure in place of the first frame",
    unary: ["told", ...malformed],
    stream: ["told"],
    send: (response, { headers }, { failure }) =>
      response.writeHead(200, headers).end(failure.frame),
  },
  {
    title: "a failure of 100 MB",
    once: true,
    ...both(malformed),
    send: (response) =>
      sendHuge({}, 500)(response, { status: 500, headers: {}, frames: [], ending: "end" }),
  },
  {
    title: "text that is not UTF-8",
    unary: malformed,
    stream: [...malformed, ...cut],
    passes: true,
    send: sendBroken,
  },
  ...["[]", "null", "7", '"text"', "{}", "{"].map(
    (json): BadReply => ({
      passes: json === "{}",
      title: `the JSON ${json}`,
      unary: malformed,
      stream: [...malformed, ...cut],
      send: (response) => response.writeHead(200, { "content-type": "application/json" }).end(json),
    }),
  ),
];

function half(bytes: Buffer): Buffer {
  return bytes.subarray(0, bytes.length >> 1);
}

function sendPage(response: ServerResponse, status: number): void {
  response.writeHead(status, { "content-type": "text/html; charset=utf-8" }).end(page);
}

function encoded(encoding: string, encode: (body: Buffer) => Buffer): BadReply["send"] {
  return (response, { headers, frames }) =>
    response
      .writeHead(200, { ...headers, "content-encoding": encoding })
      .end(encode(Buffer.concat(frames)));
}

/** One text that does not end, as a value and as a frame. */
function sendHuge(
  length: { readonly "content-length"?: number },
  status = 200,
): (response: ServerResponse, good: VendorReply) => void {
  return (response, { headers }) => {
    response.writeHead(status, { ...headers, ...length });
    const piece = Buffer.alloc(1_000_000, "x");
    let left = hugeBytes;
    const write = () => {
      for (; left > 0; left -= piece.length) {
        if (response.destroyed) return;
        if (!response.write(piece)) {
          left -= piece.length;
          response.once("drain", write);
          return;
        }
      }
      response.end();
    };
    response.write("data: {");
    left -= 7;
    write();
  };
}

/**
 * The answer with a byte that no UTF-8 has: the first of its text, or one in the middle where the
 * text is packed.
 */
function sendBroken(response: ServerResponse, { headers, frames }: VendorReply): void {
  const body = Buffer.from(Buffer.concat(frames));
  const text = body.indexOf("driven");
  body[text === -1 ? body.length >> 1 : text] = 0xff;
  response.writeHead(200, headers).end(body);
}
