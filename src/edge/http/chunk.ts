/** What is longer is cheaper to hand over in parts than to copy, in bytes. */
const maxCopiedBytes = 16 * 1024;

/**
 * A chunk of a chunked body (RFC 9112 section 7.1), to be written at once; a text is to be written
 * as latin1. Undefined where copying would cost more than a write of its parts.
 */
export function printChunk(piece: Uint8Array | string): Uint8Array | string | undefined {
  if (piece.length > maxCopiedBytes) return undefined;
  if (typeof piece === "string") {
    const length = Buffer.byteLength(piece);
    // As many bytes as characters: ASCII, which is its own latin1.
    if (length === piece.length) return `${length.toString(16)}\r\n${piece}\r\n`;
    const { chunk, start } = openChunk(length);
    chunk.write(piece, start);
    return chunk;
  }
  const { chunk, start } = openChunk(piece.length);
  chunk.set(piece, start);
  return chunk;
}

/** A chunk whose content is still to be written from `start`. */
function openChunk(length: number): { readonly chunk: Buffer; readonly start: number } {
  const digits = length.toString(16);
  const start = digits.length + 2;
  const chunk = Buffer.allocUnsafe(start + length + 2);
  for (let at = 0; at < digits.length; at += 1) chunk[at] = digits.charCodeAt(at);
  chunk[start - 2] = CR;
  chunk[start - 1] = LF;
  chunk[start + length] = CR;
  chunk[start + length + 1] = LF;
  return { chunk, start };
}

const CR = 0x0d;
const LF = 0x0a;
