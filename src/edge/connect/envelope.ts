import { Code, ConnectError } from "@connectrpc/connect";
import { compressedFlag } from "@connectrpc/connect/protocol";

/** One message as it travels: flags, length, bytes. */
export interface Envelope {
  readonly flags: number;
  readonly data: Uint8Array;
}

/**
 * Puts a message in an envelope: one byte of flags, four of length (big endian), then the message.
 */
export function printEnvelope(flags: number, data: Uint8Array): Uint8Array {
  const bytes = Buffer.allocUnsafe(envelopeHeadBytes + data.byteLength);
  bytes[0] = flags;
  bytes.writeUInt32BE(data.byteLength, 1);
  bytes.set(data, envelopeHeadBytes);
  return bytes;
}

/**
 * Why a message is refused by the first bytes of its envelope, or undefined: it is larger than the
 * limit, or has a flag that requests cannot have. `invalidFlags` is the protocol's code for that.
 */
export function checkEnvelopeHead(
  head: Uint8Array,
  readMaxBytes: number,
  invalidFlags: Code,
): ConnectError | undefined {
  const flags = head[0] ?? 0;
  if ((flags & ~compressedFlag) !== 0) {
    return new ConnectError(
      `protocol error: a request cannot have an envelope with the flags ${flags}`,
      invalidFlags,
    );
  }
  const length = new DataView(head.buffer, head.byteOffset).getUint32(1);
  if (length <= readMaxBytes) return undefined;
  const message = `message size ${length} is larger than configured readMaxBytes ${readMaxBytes}`;
  return new ConnectError(message, Code.ResourceExhausted);
}

/**
 * Takes the only message out of a complete request body. Throws a ConnectError when there is none,
 * another, or a part, or when it is compressed though no compression was agreed on. `kind` names
 * the kind of method in the message.
 */
export function parseSingleEnvelope(
  body: Uint8Array,
  kind: string,
  compressible: boolean,
): Envelope {
  if (body.byteLength === 0) {
    throw new ConnectError(
      `protocol error: missing input message for ${kind} method`,
      Code.Unimplemented,
    );
  }
  if (body.byteLength < envelopeHeadBytes) throw incomplete();
  const length = new DataView(body.buffer, body.byteOffset).getUint32(1);
  const end = envelopeHeadBytes + length;
  if (body.byteLength < end) throw incomplete();
  if (body.byteLength > end) {
    throw new ConnectError(
      `protocol error: received extra input message for ${kind} method`,
      Code.Unimplemented,
    );
  }
  const flags = body[0] ?? 0;
  if ((flags & compressedFlag) !== 0 && !compressible) {
    throw new ConnectError(
      "received compressed envelope, but do not know how to decompress",
      Code.Internal,
    );
  }
  return { flags, data: body.subarray(envelopeHeadBytes) };
}

/**
 * Follows the chunks of a body of envelopes, and throws at the first whose flags requests cannot
 * have: connect's own handlers take such a message for a plain one.
 */
export function createFlagCheck(invalidFlags: Code): (chunk: Uint8Array) => void {
  const head = new Uint8Array(envelopeHeadBytes);
  let known = 0;
  let messageLeft = 0;
  return (chunk) => {
    for (let at = 0; at < chunk.length; ) {
      const passed = Math.min(messageLeft, chunk.length - at);
      messageLeft -= passed;
      at += passed;
      while (messageLeft === 0 && at < chunk.length && known < envelopeHeadBytes)
        head[known++] = chunk[at++] ?? 0;
      if (known < envelopeHeadBytes) continue;
      const error = checkEnvelopeHead(head, Number.POSITIVE_INFINITY, invalidFlags);
      if (error !== undefined) throw error;
      messageLeft = new DataView(head.buffer).getUint32(1);
      known = 0;
    }
  };
}

/** Bytes before the message. */
export const envelopeHeadBytes = 5;

function incomplete(): ConnectError {
  return new ConnectError("protocol error: incomplete envelope", Code.InvalidArgument);
}
