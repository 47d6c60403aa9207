import { crc32 } from "node:zlib";

/**
 * A header as the wire has it: its name, its type and the bytes of its value with the length before
 * it, where it has one.
 */
export type WireHeader = readonly [name: string, type: number, value: Uint8Array];

/** A string header. */
export function word(name: string, value: string): WireHeader {
  const bytes = Buffer.from(value);
  return [name, 7, Buffer.concat([uint16(bytes.length), bytes])];
}

/** A message of an AWS event stream, with both checksums. */
export function printMessage(headers: readonly WireHeader[], payload: Uint8Array | string): Buffer {
  const head = Buffer.concat(
    headers.map(([name, type, value]) =>
      Buffer.concat([
        Buffer.of(Buffer.byteLength(name)),
        Buffer.from(name),
        Buffer.of(type),
        value,
      ]),
    ),
  );
  const body = Buffer.from(payload);
  const prelude = Buffer.alloc(12);
  prelude.writeUInt32BE(16 + head.length + body.length, 0);
  prelude.writeUInt32BE(head.length, 4);
  prelude.writeUInt32BE(crc32(prelude.subarray(0, 8)), 8);
  const checked = Buffer.concat([prelude, head, body]);
  const sum = Buffer.alloc(4);
  sum.writeUInt32BE(crc32(checked), 0);
  return Buffer.concat([checked, sum]);
}

/** An event with a JSON payload, as Bedrock sends it. */
export function printEvent(type: string, json: unknown): Buffer {
  const headers = [
    word(":event-type", type),
    word(":content-type", "application/json"),
    word(":message-type", "event"),
  ];
  return printMessage(headers, JSON.stringify(json));
}

/** An exception, as Bedrock sends it in the middle of a stream. */
export function printException(type: string, json: unknown): Buffer {
  const headers = [
    word(":exception-type", type),
    word(":content-type", "application/json"),
    word(":message-type", "exception"),
  ];
  return printMessage(headers, JSON.stringify(json));
}

/** Two bytes, the greater first. */
export function uint16(value: number): Buffer {
  return Buffer.of(value >> 8, value & 0xff);
}
