import type { Frame } from "../../core/dialect.ts";
import { asBuffer } from "../../core/json.ts";

/** Bytes of a line that has not ended. Never changed in place. */
export interface PendingLine {
  readonly bytes: Uint8Array;
  /** The `event` that the next data belong to; "" where none was told. */
  readonly event: string;
}

/** Before the first part. */
export const NO_LINE: PendingLine = { bytes: new Uint8Array(0), event: "" };

/** A line longer than this is no frame of an answer: 16 MiB. */
const MAX_LINE_BYTES = 16 * 1024 * 1024;

/**
 * The frames that a part of a container's stream completes, and what is left of it. Parts are cut anywhere. Containers send
 * server-sent events, whose data stand in one line each, or lines of JSON. Undefined where a line is too long.
 */
export function readPart(
  pending: PendingLine,
  part: Uint8Array,
): { readonly frames: readonly Frame[]; readonly pending: PendingLine } | undefined {
  const bytes = pending.bytes.length === 0 ? asBuffer(part) : Buffer.concat([pending.bytes, part]);
  const frames: Frame[] = [];
  let event = pending.event;
  let start = 0;
  for (let end = bytes.indexOf(0x0a); end !== -1; end = bytes.indexOf(0x0a, start)) {
    event = readLine(bytes.subarray(start, end), event, frames);
    start = end + 1;
  }
  if (bytes.length - start > MAX_LINE_BYTES) return undefined;
  return { frames, pending: { bytes: Buffer.from(bytes.subarray(start)), event } };
}

/** The frames of what is left when no more parts come. */
export function readRest({ bytes, event }: PendingLine): readonly Frame[] {
  const frames: Frame[] = [];
  readLine(asBuffer(bytes), event, frames);
  return frames;
}

/** Adds the frame that a line stands for. Gives the event that the next data belong to: a blank line ends one. */
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
