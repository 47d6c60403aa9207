/** Reads HTTP/1.1 replies on one connection, one after another. */
export interface ReplyReader {
  /**
   * Takes the next bytes; true when they complete the reply. Throws on a reply it cannot delimit.
   */
  push(bytes: Buffer): boolean;
  /** Status of the reply under way or just completed; 0 before its head is in. */
  status(): number;
  /** Body bytes so far, framing of chunked transfer included. */
  bodyBytes(): number;
  /** Makes ready for the next reply. */
  reset(): void;
}

const headEnd = "\r\n\r\n";
const chunkedEnd = Buffer.from("\r\n0\r\n\r\n");

/**
 * Just enough of HTTP/1.1 to drive a server that is known to behave, at a fraction of what a full
 * client costs: the head is looked at for status and length only, and the end of a chunked body is
 * told by its last seven bytes, so a body must not contain an empty chunk's text itself and
 * trailers are not understood.
 */
export function createReplyReader(): ReplyReader {
  let status = 0;
  let bodyBytes = 0;
  let expected = 0;
  let held: Buffer = Buffer.alloc(0);

  const readHead = (bytes: Buffer): Buffer | undefined => {
    const seen = held.length === 0 ? bytes : Buffer.concat([held, bytes]);
    const end = seen.indexOf(headEnd);
    held = end === -1 ? seen : Buffer.alloc(0);
    if (end === -1) return undefined;
    const head = seen.toString("latin1", 0, end).toLowerCase();
    status = Number(head.slice(9, 12));
    expected = bodyLength(head);
    return seen.subarray(end + headEnd.length);
  };

  return {
    push(bytes) {
      const body = status === 0 ? readHead(bytes) : bytes;
      if (body === undefined) return false;
      bodyBytes += body.length;
      if (expected !== Number.POSITIVE_INFINITY) return bodyBytes >= expected;
      held =
        body.length >= chunkedEnd.length
          ? body.subarray(-chunkedEnd.length)
          : lastBytes(held, body);
      return held.equals(chunkedEnd);
    },
    status: () => status,
    bodyBytes: () => bodyBytes,
    reset() {
      status = 0;
      bodyBytes = 0;
      held = Buffer.alloc(0);
    },
  };
}

function lastBytes(before: Buffer, after: Buffer): Buffer {
  return Buffer.concat([before, after]).subarray(-chunkedEnd.length);
}

/** Length of the body a lower-case head announces; infinite when it is chunked. */
function bodyLength(head: string): number {
  const length = /\r\ncontent-length: *(\d+)/.exec(head)?.[1];
  if (length !== undefined) return Number(length);
  if (/\r\ntransfer-encoding: *chunked/.test(head)) return Number.POSITIVE_INFINITY;
  throw new Error(`the reply has neither a length nor chunks: ${head}`);
}
