/**
 * A header's value. Long integers and timestamps (milliseconds since 1970) are bigints; a UUID is
 * its 16 bytes.
 */
export type EventStreamHeader = boolean | number | bigint | string | Uint8Array;

/** What a message says: its kind and its payload. */
export interface EventStreamMessage {
  readonly event: string;
  readonly data: Uint8Array;
}

/**
 * Reads a message out of its header bytes and its payload; undefined when the headers are
 * malformed.
 */
export function readEventStreamMessage(
  headerBytes: Buffer,
  payload: Buffer,
): EventStreamMessage | undefined {
  const headers = readEventStreamHeaders(headerBytes);
  if (headers === undefined) return undefined;
  const word = (name: string): string => {
    const value = headers.get(name);
    return typeof value === "string" ? value : "";
  };
  switch (word(":message-type")) {
    case "exception":
      return { event: `exception:${word(":exception-type")}`, data: payload };
    case "error":
      return {
        event: `error:${word(":error-code")}`,
        data: Buffer.from(JSON.stringify({ message: word(":error-message") })),
      };
    default:
      return { event: word(":event-type"), data: payload };
  }
}

/**
 * Headers by name, of all ten types; undefined when they are malformed. Of a repeated name the last
 * wins.
 */
export function readEventStreamHeaders(
  bytes: Buffer,
): ReadonlyMap<string, EventStreamHeader> | undefined {
  const headers = new Map<string, EventStreamHeader>();
  let at = 0;
  while (at < bytes.length) {
    const valueAt = at + 1 + (bytes[at] ?? 0);
    const header = readValue(bytes, valueAt);
    if (header === undefined || header.end > bytes.length) return undefined;
    headers.set(bytes.toString("utf8", at + 1, valueAt), header.value);
    at = header.end;
  }
  return headers;
}

interface HeaderValue {
  readonly value: EventStreamHeader;
  readonly end: number;
}

/** Bytes of a value whose length does not stand before it, by its type. */
const FIXED: readonly number[] = [0, 0, 1, 2, 4, 8, -1, -1, 8, 16];

function readValue(bytes: Buffer, at: number): HeaderValue | undefined {
  const type = bytes[at];
  const fixed = type === undefined ? undefined : FIXED[type];
  if (type === undefined || fixed === undefined) return undefined;
  if (fixed === -1 && at + 3 > bytes.length) return undefined;
  const start = fixed === -1 ? at + 3 : at + 1;
  const end = start + (fixed === -1 ? bytes.readUInt16BE(at + 1) : fixed);
  return end > bytes.length ? undefined : { value: toValue(type, bytes.subarray(start, end)), end };
}

function toValue(type: number, bytes: Buffer): EventStreamHeader {
  switch (type) {
    case 0:
      return true;
    case 1:
      return false;
    case 2:
      return bytes.readInt8(0);
    case 3:
      return bytes.readInt16BE(0);
    case 4:
      return bytes.readInt32BE(0);
    case 5:
    case 8:
      return bytes.readBigInt64BE(0);
    case 7:
      return bytes.toString("utf8");
    default:
      return bytes;
  }
}
