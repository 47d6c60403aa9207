import type { Frame, FrameLimits, FrameParser } from "./frame.ts";
import { type BoundaryScanner, createFramer } from "./framer.ts";

const LF = 0x0a;
const CR = 0x0d;
const COLON = 0x3a;
const SPACE = 0x20;

/**
 * Parses server-sent events on bytes (WHATWG HTML, "Server-sent events", 9.2.5 and 9.2.6): line
 * ends LF, CRLF or CR, a leading byte order mark, comments, fields without a value. It differs on
 * purpose: frames without data are yielded too (their raw bytes matter to who forwards them), and a
 * last frame without its blank line is yielded as `unterminated` instead of dropped.
 */
export function createSseParser(limits?: FrameLimits): FrameParser {
  const scanner = createBlankLineScanner();
  return createFramer({ scanner, readFrame: readSseFrame, readChunk: createChunkReader() }, limits);
}

/**
 * Reads chunks of frames as all vendors write them: `data: ...`, or `event: ...` and `data: ...`,
 * each line ended by LF. Two or three native searches a frame are all that it costs.
 */
function createChunkReader(): (chunk: Buffer) => readonly Frame[] | undefined {
  let event = "";
  let eventBytes = Buffer.alloc(0);

  /** Names of events repeat: one that is the last one is not decoded again. */
  const eventAt = (chunk: Buffer, start: number, end: number): string => {
    if (chunk.compare(eventBytes, 0, eventBytes.length, start, end) !== 0) {
      event = chunk.toString("utf8", start, end);
      eventBytes = Buffer.from(chunk.subarray(start, end));
    }
    return event;
  };
  /** The frame at `start`, of one line or two. */
  const frameAt = (chunk: Buffer, start: number): Frame | undefined => {
    let name = "";
    let line = start;
    let end = chunk.indexOf(LF, start);
    if (startsWith(chunk, start, EVENT) && end !== -1) {
      name = eventAt(chunk, start + EVENT.length, end);
      line = end + 1;
      end = chunk.indexOf(LF, line);
    }
    if (end === -1 || chunk[end + 1] !== LF || !startsWith(chunk, line, DATA)) return undefined;
    const raw = start === 0 && end + 2 === chunk.length ? chunk : chunk.subarray(start, end + 2);
    return { event: name, data: chunk.subarray(line + DATA.length, end), raw };
  };
  return (chunk) => {
    if (chunk.includes(CR)) return undefined;
    const frames: Frame[] = [];
    for (let at = 0; at < chunk.length; ) {
      const frame = frameAt(chunk, at);
      if (frame === undefined) return undefined;
      frames.push(frame);
      at += frame.raw.length;
    }
    return frames;
  };
}

const DATA = Buffer.from("data: ");
const EVENT = Buffer.from("event: ");

function startsWith(chunk: Buffer, at: number, prefix: Buffer): boolean {
  for (let index = 0; index < prefix.length; index += 1) {
    if (chunk[at + index] !== prefix[index]) return false;
  }
  return true;
}

/**
 * A frame ends past a blank line. After a CR the next byte decides whether the line end was CRLF,
 * so an end there is reported late.
 */
function createBlankLineScanner(): BoundaryScanner {
  let atLineStart = true;
  let afterCr = false;
  let ended = false;
  let lineEnd = createLineEndFinder();

  /** Past the rest of a line end that began with CR. */
  const passCr = (chunk: Buffer, at: number): number => {
    afterCr = false;
    return chunk[at] === LF ? at + 1 : at;
  };
  /** Past the line at `at`; -1 when it does not end in this chunk. */
  const passLine = (chunk: Buffer, at: number): number => {
    const end = lineEnd(chunk, at);
    ended = end === at && atLineStart;
    atLineStart = end !== -1 || (atLineStart && at >= chunk.length);
    afterCr = end !== -1 && chunk[end] === CR;
    return end === -1 ? -1 : end + 1;
  };
  return {
    next(chunk, from) {
      if (from === 0) lineEnd = createLineEndFinder();
      for (let at = from; at !== -1; at = passLine(chunk, at)) {
        if (afterCr && at >= chunk.length) return -1;
        if (afterCr) at = passCr(chunk, at);
        if (!ended) continue;
        ended = false;
        return at;
      }
      return -1;
    },
    complete: () => afterCr && ended,
  };
}

/**
 * Finds line ends in one buffer, from rising offsets. Each search result is kept until passed, so
 * that the whole costs linear time.
 */
function createLineEndFinder(): (bytes: Buffer, at: number) => number {
  let lf = -2;
  let cr = -2;
  return (bytes, at) => {
    if (lf !== -1 && lf < at) lf = bytes.indexOf(LF, at);
    if (cr !== -1 && cr < at) cr = bytes.indexOf(CR, at);
    return cr !== -1 && (lf === -1 || cr < lf) ? cr : lf;
  };
}

function readSseFrame(raw: Buffer, first: boolean): Frame {
  const start = first && raw[0] === 0xef && raw[1] === 0xbb && raw[2] === 0xbf ? 3 : 0;
  return readDataLine(raw, start) ?? readFields(raw, start);
}

/** The common frame: one data line, LF, LF. */
function readDataLine(raw: Buffer, start: number): Frame | undefined {
  const end = raw.length - 2;
  if (
    !isData(raw, start) ||
    raw[start + 4] !== COLON ||
    raw.indexOf(LF, start) !== end ||
    raw.indexOf(CR, start) !== -1
  )
    return undefined;
  return {
    event: "",
    data: raw.subarray(raw[start + 5] === SPACE ? start + 6 : start + 5, end),
    raw,
  };
}

interface Fields {
  readonly data: Buffer[];
  event: string;
  id?: string;
  retry?: number;
}

function readFields(raw: Buffer, start: number): Frame {
  const fields: Fields = { data: [], event: "" };
  const lineEnd = createLineEndFinder();
  let colon = raw.indexOf(COLON);
  for (let at = start; at < raw.length; ) {
    const found = lineEnd(raw, at);
    const end = found === -1 ? raw.length : found;
    if (colon !== -1 && colon < at) colon = raw.indexOf(COLON, at);
    readField(fields, raw, at, colon === -1 || colon > end ? end : colon, end);
    at = raw[end] === CR && raw[end + 1] === LF ? end + 2 : end + 1;
  }
  return toFrame(fields, raw);
}

function toFrame({ event, data, id, retry }: Fields, raw: Buffer): Frame {
  const frame = { event, data: joinLines(data), raw };
  if (id === undefined && retry === undefined) return frame;
  return {
    ...frame,
    ...(id === undefined ? undefined : { id }),
    ...(retry === undefined ? undefined : { retry }),
  };
}

/**
 * One line: a field's name up to `nameEnd`, then a colon and at most one space that do not belong
 * to the value.
 */
function readField(fields: Fields, raw: Buffer, start: number, nameEnd: number, end: number): void {
  if (nameEnd === start) return;
  const spaced = raw[nameEnd + 1] === SPACE && nameEnd + 1 < end;
  const value = raw.subarray(Math.min(nameEnd + (spaced ? 2 : 1), end), end);
  if (nameEnd === start + 4 && isData(raw, start)) fields.data.push(value);
  else assignField(fields, raw.toString("latin1", start, nameEnd), value);
}

function assignField(fields: Fields, name: string, value: Buffer): void {
  if (name === "event") fields.event = value.toString();
  else if (name === "id" && !value.includes(0)) fields.id = value.toString();
  else if (name === "retry" && /^\d+$/.test(value.toString("latin1"))) fields.retry = Number(value);
}

function isData(raw: Buffer, at: number): boolean {
  return raw[at] === 0x64 && raw[at + 1] === 0x61 && raw[at + 2] === 0x74 && raw[at + 3] === 0x61;
}

function joinLines(lines: readonly Buffer[]): Uint8Array {
  const [only] = lines;
  if (only === undefined) return Buffer.alloc(0);
  if (lines.length === 1) return only;
  return Buffer.concat(
    lines.flatMap((line, index) => (index === 0 ? [line] : [Buffer.of(LF), line])),
  );
}
