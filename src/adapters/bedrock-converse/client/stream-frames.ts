import type { FrameText } from "../../../core/dialect.ts";
import { onOneLine } from "../../../json/members.ts";
import { type Writable, writeJson } from "../../../json/write.ts";

/** One event of a stream, as the edge frames it. */
export function frame(event: string, body: Writable): FrameText {
  return `event: ${event}\ndata: ${onOneLine(writeJson(body))}\n\n`;
}

/** Something is added to a block. */
export function deltaFrame(index: number, delta: Writable): FrameText {
  return frame("contentBlockDelta", { contentBlockIndex: index, delta });
}
