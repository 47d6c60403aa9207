import type { Frame } from "../../core/dialect.ts";
import { asBuffer } from "../../json/json.ts";

/** Bytes of a line that has not ended: the stream's own, changed in place. */
export interface PendingLine {
  /** Room for them, of which `length` is taken. */
  room: Buffer;
  length: number;
  /** The `event` that the next data belong to; "" where there was none. */
  event: string;
}

/** Before the first part. */
export function createPendingLine(): PendingLine {
  return { room: Buffer.alloc(0), length: 0, event: "" };
}

/** A line longer than this is no frame of an answer: 16 MiB. */
const MAX_LINE_BYTES = 16 * 1024 * 1024;

/**
 * The frames that a part of a container's stream completes; what is left of it stays pending. Parts
 * are cut anywhere. Containers send server-sent events, whose data stand in one line each, or lines
 * of JSON. Undefined where a line is too long.
 */
export function readPart(pending: PendingLine, part: Uint8Array): readonly Frame[] | undefined {
  const bytes = asBuffer(part);
  const frames: Frame[] = [];
  let start = 0;
  for (let end = bytes.indexOf(0x0a); end !== -1; end = bytes.indexOf(0x0a, start)) {
    const last = bytes.subarray(start, end);
    const line = pending.length === 0 ? last : Buffer.concat([pendingBytes(pending), last]);
    pending.length = 0;
    pending.event = readLine(line, pending.event, frames);
    start = end + 1;
  }
  if (pending.length + bytes.length - start > MAX_LINE_BYTES) return undefined;
  keep(pending, bytes.subarray(start));
  return frames;
}

/** The frames of what is left when no more parts come. */
export function readRest(pending: PendingLine): readonly Frame[] {
  const frames: Frame[] = [];
  readLine(pendingBytes(pending), pending.event, frames);
  return frames;
}

function pendingBytes({ room, length }: PendingLine): Buffer {
  return room.subarray(0, length);
}

/**
 * The room doubles where it is too small, so that a line in many parts is copied twice and not once
 * for each of them.
 */
function keep(pending: PendingLine, rest: Buffer): void {
  const needed = pending.length + rest.length;
  if (needed > pending.room.length) {
    const room = Buffer.allocUnsafe(Math.max(needed, 2 * pending.room.length));
    pending.room.copy(room, 0, 0, pending.length);
    pending.room = room;
  }
  rest.copy(pending.room, pending.length);
  pending.length = needed;
}

/**
 * Adds the frame that a line stands for. Gives the event that the next data belong to: a blank line
 * ends one.
 */
function readLine(line: Buffer, event: string, frames: Frame[]): string {
  const text = line.at(-1) === 0x0d ? line.subarray(0, -1) : line;
  if (text.length === 0) return "";
  const data = fieldOf(text, "data:") ?? (text[0] === 0x7b ? text : undefined);
  if (data !== undefined) {
    frames.push({ event, data });
    return event;
  }
  return fieldOf(text, "event:")?.toString("utf8") ?? event;
}

function fieldOf(line: Buffer, field: string): Buffer | undefined {
  if (line.toString("latin1", 0, field.length) !== field) return undefined;
  return line.subarray(line[field.length] === 0x20 ? field.length + 1 : field.length);
}
