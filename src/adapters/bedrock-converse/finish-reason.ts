import { FinishReason } from "../../../gen/parlance/chat/v1/completion_pb.js";
import { foreignFinish } from "../shared/answers/foreign-finish.ts";

/**
 * Why the model stopped. See
 * https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_Converse.html, `stopReason`.
 */
export function decodeFinishReason(word: string): FinishReason {
  switch (word) {
    case "":
      return FinishReason.UNSPECIFIED;
    case "end_turn":
      return FinishReason.STOP;
    case "stop_sequence":
      return FinishReason.STOP_SEQUENCE;
    case "max_tokens":
      return FinishReason.LENGTH;
    case "model_context_window_exceeded":
      return FinishReason.CONTEXT_WINDOW;
    case "tool_use":
      return FinishReason.TOOL_CALLS;
    case "content_filtered":
    case "guardrail_intervened":
      return FinishReason.CONTENT_FILTER;
    case "refusal":
      return FinishReason.REFUSAL;
    case "pause_turn":
      return FinishReason.PAUSE;
    case "malformed_model_output":
    case "malformed_tool_use":
      return FinishReason.ERROR;
    default:
      return foreignFinish(word);
  }
}

/** Why an answer stopped: one that ends well with calls of tools in it waits for their results. */
export function endOf(word: string, calls: boolean): FinishReason {
  const reason = decodeFinishReason(word);
  return reason === FinishReason.STOP && calls ? FinishReason.TOOL_CALLS : reason;
}

/** What the vendor's SDKs know: a word beside them fails those that check it. */
const WORDS: ReadonlySet<string> = new Set([
  "end_turn",
  "tool_use",
  "max_tokens",
  "stop_sequence",
  "guardrail_intervened",
  "content_filtered",
  "malformed_model_output",
  "malformed_tool_use",
  "model_context_window_exceeded",
]);

/**
 * The vendor's word. One that a vendor of this dialect said is kept where it means the same; else
 * an answer that ends well with tool calls in it ends with `tool_use`, for clients run tools by
 * that word.
 */
export function encodeFinishReason(
  reason: FinishReason,
  vendorWord: string,
  hasToolCalls: boolean,
): string {
  const same = vendorWord !== "" && decodeFinishReason(vendorWord) === reason;
  if (same && WORDS.has(vendorWord) && reason !== FinishReason.STOP) return vendorWord;
  switch (reason) {
    case FinishReason.UNSPECIFIED:
    case FinishReason.STOP:
    case FinishReason.OTHER:
    case FinishReason.PAUSE:
      return hasToolCalls && reason !== FinishReason.PAUSE ? "tool_use" : "end_turn";
    case FinishReason.STOP_SEQUENCE:
      return "stop_sequence";
    case FinishReason.LENGTH:
      return "max_tokens";
    case FinishReason.CONTEXT_WINDOW:
      return "model_context_window_exceeded";
    case FinishReason.TOOL_CALLS:
      return "tool_use";
    case FinishReason.CONTENT_FILTER:
    case FinishReason.REFUSAL:
      return "content_filtered";
    case FinishReason.ERROR:
      return "malformed_model_output";
  }
}

/** Whether a word is one of those that the vendor's SDKs know. */
export function isOwnWord(word: string): boolean {
  return WORDS.has(word);
}
