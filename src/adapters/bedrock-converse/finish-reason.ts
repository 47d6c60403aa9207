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
