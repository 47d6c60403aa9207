/** What the first bytes of a connection say about its protocol. */
export type Preface = "h1" | "h2" | "undecided";

/**
 * Tells HTTP/2 with prior knowledge from HTTP/1.1. A client that speaks HTTP/2 opens with `PRI *
 * HTTP/2.0` (RFC 9113 section 3.4), which is no valid HTTP/1.1 request. `start` is everything
 * received so far, and may be a single byte.
 */
export function readPreface(start: Uint8Array): Preface {
  const length = Math.min(start.length, preface.length);
  for (let index = 0; index < length; index++) {
    if (start[index] !== preface[index]) return "h1";
  }
  return length === preface.length ? "h2" : "undecided";
}

const preface: Uint8Array = new TextEncoder().encode("PRI * HTTP/2.0");
