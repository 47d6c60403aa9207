import { FinishReason } from "../../../gen/parlance/chat/v1/completion_pb.js";

/**
 * Why the model stopped; unspecified for "" and absence. See
 * https://platform.claude.com/docs/en/api/handling-stop-reasons.
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
    case "pause_turn":
    case "compaction":
      return FinishReason.PAUSE;
    case "refusal":
      return FinishReason.REFUSAL;
    default:
      return FinishReason.OTHER;
  }
}

/**
 * The dialect's word. A vendor's own word is kept where it means the same in this dialect, and
 * where nothing but the word is known. An answer that ends well with tool calls in it ends with
 * `tool_use`, for clients run tools by that word. So does one whose vendor does not say why it
 * stopped: here a whole answer has a reason.
 */
export function encodeFinishReason(
  reason: FinishReason,
  vendorWord: string,
  hasToolCalls: boolean,
): string {
  if (
    vendorWord !== "" &&
    decodeFinishReason(vendorWord) === reason &&
    reason !== FinishReason.STOP
  )
    return vendorWord;
  switch (reason) {
    case FinishReason.UNSPECIFIED:
    case FinishReason.STOP:
      return hasToolCalls ? "tool_use" : "end_turn";
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
      return "refusal";
    case FinishReason.PAUSE:
      return "pause_turn";
    case FinishReason.ERROR:
    case FinishReason.OTHER:
      return vendorWord === "" ? "error" : vendorWord;
  }
}
