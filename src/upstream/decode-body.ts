import { Readable, type Transform } from "node:stream";
import {
  createBrotliDecompress,
  createGunzip,
  createInflate,
  createInflateRaw,
  createZstdDecompress,
} from "node:zlib";
import { UpstreamError } from "./upstream-error.ts";

/**
 * The most codings that a reply may be wrapped in: each is a decoder of its own, and nobody needs
 * more than one or two.
 */
const MAX_CODINGS = 5;

/**
 * Undoes a Content-Encoding (RFC 9110, 8.4): gzip, deflate (with or without its zlib wrapper), br,
 * zstd, and lists of up to five of them. What the upstream has flushed comes out at once. A longer
 * list and corrupt or truncated data are `bad_encoding` failures, failures of the source pass
 * through, and an empty body stays empty. Leaving early closes the source.
 */
export async function* decodeBody(
  encoding: string,
  source: AsyncIterableIterator<Uint8Array>,
): AsyncGenerator<Uint8Array, undefined> {
  const codings = encoding
    .toLowerCase()
    .split(",")
    .map((coding) => coding.trim())
    .filter((coding) => coding !== "identity" && coding !== "");
  if (codings.length > MAX_CODINGS) {
    await source.return?.();
    const what = `a list of ${codings.length} content codings; ${MAX_CODINGS} are the most that are undone`;
    throw new UpstreamError("bad_encoding", `the reply has ${what}`);
  }
  let chunks = source;
  for (const coding of codings.toReversed()) chunks = decodeOne(coding, chunks);
  return yield* chunks;
}

async function* decodeOne(
  coding: string,
  source: AsyncIterableIterator<Uint8Array>,
): AsyncGenerator<Uint8Array, undefined> {
  let decoder: Transform | undefined;
  try {
    const first = await source.next();
    if (first.done === true) return;
    decoder = createDecoder(coding, first.value);
    Readable.from(startWith(first.value, source), { objectMode: false })
      .on("error", (error) => decoder?.destroy(error))
      .pipe(decoder);
    for await (const chunk of decoder) yield chunk;
  } catch (error) {
    throw error instanceof UpstreamError
      ? error
      : new UpstreamError("bad_encoding", `the reply does not decompress as ${coding}`, {
          cause: error,
        });
  } finally {
    decoder?.destroy();
    await source.return?.();
  }
}

function createDecoder(coding: string, first: Uint8Array): Transform {
  switch (coding) {
    case "gzip":
    case "x-gzip":
      return createGunzip();
    case "deflate":
      return isZlib(first) ? createInflate() : createInflateRaw();
    case "br":
      return createBrotliDecompress();
    case "zstd":
      return createZstdDecompress();
    default:
      throw new UpstreamError(
        "bad_encoding",
        `the reply has an unknown Content-Encoding ${JSON.stringify(coding.slice(0, 64))}`,
      );
  }
}

/**
 * RFC 1950: the method in the low bits is 8. Some servers send bare deflate data under the same
 * name.
 */
function isZlib(first: Uint8Array): boolean {
  return ((first[0] ?? 0) & 0x0f) === 8;
}

async function* startWith(
  first: Uint8Array,
  rest: AsyncIterableIterator<Uint8Array>,
): AsyncGenerator<Uint8Array> {
  yield first;
  yield* rest;
}
