import type { FrameText } from "../../../core/dialect.ts";
import { writeJson } from "../../../json/write.ts";
import type { Draft } from "../wire.ts";

/** One SSE event of the dialect. */
export function frame(type: string, members: Draft): FrameText {
  return `event: ${type}\ndata: ${writeJson({ type, ...members })}\n\n`;
}
