import { Code, ConnectError } from "@connectrpc/connect";
import { asBuffer } from "../../json/json.ts";
import type { ResponseStream } from "../http/exchange.ts";

/** How many bytes of base64 hold so many bytes, where each of a few pieces is padded. */
export function textBytes(bytes: number): number {
  return Math.ceil(bytes / 3) * 4 + 64;
}

/**
 * The bytes of a body in base64, which may be several pieces with padding behind each.
 * https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-WEB.md (2026-11).
 */
export function decodeText(body: Uint8Array): Buffer {
  const text = asBuffer(body).toString("latin1");
  if (!BASE64.test(text))
    throw new ConnectError("the body is not base64, as its media type says", Code.InvalidArgument);
  if (!PADDED_WITHIN.test(text)) return Buffer.from(text, "base64");
  const pieces = text.match(PIECE) ?? [];
  return Buffer.concat(pieces.map((piece) => Buffer.from(piece, "base64")));
}

const BASE64 = /^[A-Za-z0-9+/=\r\n]*$/;
const PADDED_WITHIN = /=[^=\r\n]/;
const PIECE = /[^=]+=*/g;

/** A reply whose chunks go out in base64, each padded, so that each can be read at once. */
export function textStream(stream: ResponseStream): ResponseStream {
  return {
    write: (chunk) => stream.write(Buffer.from(chunk).toString("base64")),
    flush: () => stream.flush(),
    end: (trailers) => stream.end(trailers),
    abort: () => stream.abort(),
  };
}
