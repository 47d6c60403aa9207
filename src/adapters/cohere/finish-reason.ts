import { FinishReason } from "../../../gen/parlance/chat/v1/completion_pb.js";
import { foreignFinish } from "../shared/answers/foreign-finish.ts";

/**
 * The vendor's words, of v2 and of v1. A failure is none of them: it is read as a fault (error.ts).
 */
const reasons: ReadonlyMap<string, FinishReason> = new Map([
  ["COMPLETE", FinishReason.STOP],
  ["STOP_SEQUENCE", FinishReason.STOP_SEQUENCE],
  ["MAX_TOKENS", FinishReason.LENGTH],
  ["TOOL_CALL", FinishReason.TOOL_CALLS],
  ["ERROR_LIMIT", FinishReason.CONTEXT_WINDOW],
  ["ERROR_TOXIC", FinishReason.CONTENT_FILTER],
  ["ERROR", FinishReason.ERROR],
  ["TIMEOUT", FinishReason.ERROR],
]);

/** The reason a word stands for; OTHER for a word nobody documented, UNSPECIFIED for none. */
export function decodeFinishReason(word: string): FinishReason {
  return word === ""
    ? FinishReason.UNSPECIFIED
    : (reasons.get(word.toUpperCase()) ?? foreignFinish(word));
}

/**
 * The vendor's word for a reason. What it has no word for has ended all the same, and reads as
 * COMPLETE.
 */
export function encodeFinishReason(reason: FinishReason, hasCalls: boolean): string {
  switch (reason) {
    case FinishReason.UNSPECIFIED:
      return hasCalls ? "TOOL_CALL" : "COMPLETE";
    case FinishReason.STOP:
    case FinishReason.OTHER:
      return "COMPLETE";
    case FinishReason.STOP_SEQUENCE:
      return "STOP_SEQUENCE";
    case FinishReason.LENGTH:
    case FinishReason.CONTEXT_WINDOW:
    case FinishReason.PAUSE:
      return "MAX_TOKENS";
    case FinishReason.TOOL_CALLS:
      return "TOOL_CALL";
    case FinishReason.CONTENT_FILTER:
    case FinishReason.REFUSAL:
      return "ERROR_TOXIC";
    case FinishReason.ERROR:
      return "ERROR";
  }
}
