/** One HTTP/2 frame (RFC 9113 section 4.1). */
export function frame(
  type: number,
  flags: number,
  stream: number,
  payload: Uint8Array = new Uint8Array(),
): Buffer {
  const head = Buffer.alloc(9);
  head.writeUIntBE(payload.length, 0, 3);
  head.writeUInt8(type, 3);
  head.writeUInt8(flags, 4);
  head.writeUInt32BE(stream, 5);
  return Buffer.concat([head, payload]);
}

/**
 * A field of a header block: literal, without indexing, its name and value as they are (RFC 7541
 * section 6.2.2).
 */
export function field(name: string, value: string): Buffer {
  const text = (part: string) => Buffer.concat([Buffer.from([part.length]), Buffer.from(part)]);
  return Buffer.concat([Buffer.from([0]), text(name), text(value)]);
}

/** The pseudo header fields of a request. */
export function requestFields(method = "GET", path = "/"): Buffer {
  return Buffer.concat([
    field(":method", method),
    field(":scheme", "http"),
    field(":path", path),
    field(":authority", "a"),
  ]);
}

/** What a client of HTTP/2 begins with: the preface and empty settings. */
export const opening = Buffer.concat([
  Buffer.from("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"),
  frame(4, 0, 0),
]);
