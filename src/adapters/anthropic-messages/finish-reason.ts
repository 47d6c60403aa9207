import { FinishReason } from "../../../gen/parlance/chat/v1/completion_pb.js";
import { foreignFinish } from "../shared/answers/foreign-finish.ts";

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
      return foreignFinish(word);
  }
}

/**
 * Why a whole message stopped. One that stops well with calls of tools in it waits for them,
 * whatever its server says, and one that does not say why it stopped did so well.
 */
export function messageFinish(word: string, calls: boolean): FinishReason {
  const reason = decodeFinishReason(word);
  const well = reason === FinishReason.STOP || reason === FinishReason.UNSPECIFIED;
  if (!well) return reason;
  return calls ? FinishReason.TOOL_CALLS : FinishReason.STOP;
}

/**
 * The dialect's word: those alone that its clients know. A failure reads as `refusal`, for no
 * client may take it for a whole answer. An answer that ends well with tool calls in it ends with
 * `tool_use`, for clients run tools by that word. So does one whose vendor does not say why it
 * stopped: here a whole answer has a reason.
 */
export function encodeFinishReason(
  reason: FinishReason,
  vendorWord: string,
  hasToolCalls: boolean,
): string {
  switch (reason) {
    case FinishReason.UNSPECIFIED:
    case FinishReason.STOP:
    case FinishReason.OTHER:
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
    case FinishReason.ERROR:
      return "refusal";
    case FinishReason.PAUSE:
      return vendorWord === "compaction" ? vendorWord : "pause_turn";
  }
}
