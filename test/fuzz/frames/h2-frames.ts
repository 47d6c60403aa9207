/** Frame types of RFC 9113, section 6. */
export const types = {
  data: 0,
  headers: 1,
  priority: 2,
  reset: 3,
  settings: 4,
  push: 5,
  ping: 6,
  goaway: 7,
  window: 8,
  continuation: 9,
} as const;

/** Flags of frames. */
export const flags = {
  endStream: 0x1,
  ack: 0x1,
  endHeaders: 0x4,
  padded: 0x8,
  priority: 0x20,
} as const;

/** What a client says first. */
export const preface = Buffer.from("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");

/** Prints a frame; its length may lie. */
export function frame(
  type: number,
  flag: number,
  stream: number,
  payload: Buffer = Buffer.alloc(0),
  length = payload.length,
): Buffer {
  const head = Buffer.alloc(9);
  head.writeUIntBE(length, 0, 3);
  head[3] = type;
  head[4] = flag;
  head.writeUInt32BE(stream >>> 0, 5);
  return Buffer.concat([head, payload]);
}

/** Four bytes. */
export function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value >>> 0);
  return bytes;
}

/** A frame of settings. */
export function settings(...pairs: readonly (readonly [id: number, value: number])[]): Buffer {
  const entries = pairs.map(([id, value]) =>
    Buffer.concat([Buffer.from([id >> 8, id & 0xff]), uint32(value)]),
  );
  return frame(types.settings, 0, 0, Buffer.concat(entries));
}

/** A block of fields in HPACK, each a literal that is not indexed (RFC 7541, 6.2.2). */
export function fieldBlock(fields: readonly (readonly [name: string, value: string])[]): Buffer {
  const parts = fields.flatMap(([name, value]) => [
    Buffer.from([0]),
    hpackText(name),
    hpackText(value),
  ]);
  return Buffer.concat(parts);
}

/** A string of HPACK without Huffman coding (RFC 7541, 5.2). */
export function hpackText(text: string): Buffer {
  const bytes = Buffer.from(text, "latin1");
  return Buffer.concat([hpackInteger(bytes.length, 7, 0), bytes]);
}

/** An integer of HPACK (RFC 7541, 5.1). */
export function hpackInteger(value: number, prefixBits: number, first: number): Buffer {
  const most = 2 ** prefixBits - 1;
  if (value < most) return Buffer.from([first | value]);
  const bytes = [first | most];
  let left = value - most;
  while (left >= 128) {
    bytes.push((left % 128) | 0x80);
    left = Math.floor(left / 128);
  }
  return Buffer.from([...bytes, left]);
}

/** A frame with the fields of a request. */
export function request(
  stream: number,
  fields: readonly (readonly [name: string, value: string])[],
  flag: number = flags.endStream | flags.endHeaders,
): Buffer {
  return frame(types.headers, flag, stream, fieldBlock(fields));
}

/** A frame that resets a stream; 8 is CANCEL. */
export function reset(stream: number, code = 8): Buffer {
  return frame(types.reset, 0, stream, uint32(code));
}
