import { FinishReason } from "../../../gen/parlance/chat/v1/completion_pb.js";
import { foreignFinish } from "../shared/answers/foreign-finish.ts";

/** OpenAI's own words; its vendors have those of many makers beside them. */
const reasons: ReadonlyMap<string, FinishReason> = new Map([
  ["stop", FinishReason.STOP],
  ["length", FinishReason.LENGTH],
  ["tool_calls", FinishReason.TOOL_CALLS],
  ["function_call", FinishReason.TOOL_CALLS],
  ["content_filter", FinishReason.CONTENT_FILTER],
]);

/**
 * The reason a vendor's word stands for; OTHER for a word that says nothing, UNSPECIFIED for none.
 */
export function decodeFinishReason(word: string): FinishReason {
  return reasons.get(word) ?? foreignFinish(word);
}

/**
 * As decodeFinishReason, of a choice that has ended. No word is a normal end, and calls that end
 * so, or in the words of another dialect for it, wait for their results.
 */
export function choiceFinish(word: string, hasCalls: boolean): FinishReason {
  const reason = word === "" ? FinishReason.STOP : decodeFinishReason(word);
  return hasCalls && reason === FinishReason.STOP && !isFinishWord(word)
    ? FinishReason.TOOL_CALLS
    : reason;
}

/** Whether OpenAI's clients know a word for a finish. */
export function isFinishWord(word: string): boolean {
  return reasons.has(word);
}

/**
 * OpenAI's word for a reason, of the five that its clients know. A pause reads as `length`, for the
 * answer is unfinished, and a failure as `content_filter`, for no client may take it for a whole
 * answer; an unknown reason reads as `stop`, with the vendor's word beside it, and so does a reason
 * that is absent, but for calls.
 */
export function encodeFinishReason(reason: FinishReason, hasCalls: boolean): string {
  switch (reason) {
    case FinishReason.UNSPECIFIED:
      return hasCalls ? "tool_calls" : "stop";
    case FinishReason.STOP:
    case FinishReason.STOP_SEQUENCE:
    case FinishReason.OTHER:
      return "stop";
    case FinishReason.LENGTH:
    case FinishReason.CONTEXT_WINDOW:
    case FinishReason.PAUSE:
      return "length";
    case FinishReason.TOOL_CALLS:
      return "tool_calls";
    case FinishReason.CONTENT_FILTER:
    case FinishReason.REFUSAL:
    case FinishReason.ERROR:
      return "content_filter";
  }
}
