import { Code, ConnectError } from "@connectrpc/connect";
import { compressedFlag } from "@connectrpc/connect/protocol";

/** One message as it travels: flags, length, bytes. */
export interface Envelope {
  readonly flags: number;
  readonly data: Uint8Array;
}

/** Puts a message in an envelope: one byte of flags, four of length (big endian), then the message. */
export function printEnvelope(flags: number, data: Uint8Array): Uint8Array {
  const bytes = Buffer.allocUnsafe(envelopeHeadBytes + data.byteLength);
  bytes[0] = flags;
  bytes.writeUInt32BE(data.byteLength, 1);
  bytes.set(data, envelopeHeadBytes);
  return bytes;
}

/**
 * Takes the only message out of a complete request body. Throws a ConnectError when there is none, another, or a part,
 * or when it is compressed though no compression was agreed on. `kind` names the kind of method in the message.
 */
export function parseSingleEnvelope(
  body: Uint8Array,
  readMaxBytes: number,
  kind: string,
  compressible: boolean,
): Envelope {
  if (body.byteLength === 0) {
    throw new ConnectError(`protocol error: missing input message for ${kind} method`, Code.Unimplemented);
  }
  if (body.byteLength < envelopeHeadBytes) throw incomplete();
  const length = new DataView(body.buffer, body.byteOffset).getUint32(1);
  if (length > readMaxBytes) {
    const message = `message size ${length} is larger than configured readMaxBytes ${readMaxBytes}`;
    throw new ConnectError(message, Code.ResourceExhausted);
  }
  const end = envelopeHeadBytes + length;
  if (body.byteLength < end) throw incomplete();
  if (body.byteLength > end) {
    throw new ConnectError(`protocol error: received extra input message for ${kind} method`, Code.Unimplemented);
  }
  const flags = body[0] ?? 0;
  if ((flags & compressedFlag) !== 0 && !compressible) {
    throw new ConnectError("received compressed envelope, but do not know how to decompress", Code.Internal);
  }
  return { flags, data: body.subarray(envelopeHeadBytes) };
}

/** Bytes before the message. */
export const envelopeHeadBytes = 5;

function incomplete(): ConnectError {
  return new ConnectError("protocol error: incomplete envelope", Code.InvalidArgument);
}
