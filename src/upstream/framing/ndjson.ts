import type { Frame, FrameLimits, FrameParser } from "./frame.ts";
import { type BoundaryScanner, createFramer } from "./framer.ts";

const LF = 0x0a;
const CR = 0x0d;

/**
 * Cuts newline-delimited JSON into lines: `data` is the line without LF or CRLF, empty for a blank
 * line. JSON is not parsed here.
 */
export function createNdjsonParser(limits?: FrameLimits): FrameParser {
  return createFramer({ scanner: LINES, readFrame: readLine }, limits);
}

const LINES: BoundaryScanner = {
  next(chunk, from) {
    const end = chunk.indexOf(LF, from);
    return end === -1 ? -1 : end + 1;
  },
  complete: () => false,
};

function readLine(raw: Buffer, first: boolean): Frame {
  const start = first && raw[0] === 0xef && raw[1] === 0xbb && raw[2] === 0xbf ? 3 : 0;
  let end = raw.length;
  if (raw[end - 1] === LF) end -= 1;
  if (raw[end - 1] === CR && end > start) end -= 1;
  return { event: "", data: raw.subarray(start, end), raw };
}
