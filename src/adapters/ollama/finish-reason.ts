import { FinishReason } from "../../../gen/parlance/chat/v1/completion_pb.js";
import { foreignFinish } from "../shared/answers/foreign-finish.ts";

/**
 * Why the model stopped, from `done_reason`; the server says `stop` also where it waits for tools.
 * `load` and `unload` end requests that no model has answered
 * (https://github.com/ollama/ollama/blob/main/docs/api.md).
 */
export function decodeFinishReason(word: string, hasToolCalls: boolean): FinishReason {
  switch (word) {
    case "":
      return hasToolCalls ? FinishReason.TOOL_CALLS : FinishReason.UNSPECIFIED;
    case "stop":
      return hasToolCalls ? FinishReason.TOOL_CALLS : FinishReason.STOP;
    case "length":
      return FinishReason.LENGTH;
    default:
      return foreignFinish(word);
  }
}

/**
 * The dialect's word: clients know `stop` and `length`. What has no word reads as `length` where
 * the answer is not whole.
 */
export function encodeFinishReason(reason: FinishReason): string {
  switch (reason) {
    case FinishReason.LENGTH:
    case FinishReason.CONTEXT_WINDOW:
    case FinishReason.PAUSE:
    case FinishReason.ERROR:
      return "length";
    case FinishReason.UNSPECIFIED:
    case FinishReason.STOP:
    case FinishReason.STOP_SEQUENCE:
    case FinishReason.TOOL_CALLS:
    case FinishReason.CONTENT_FILTER:
    case FinishReason.REFUSAL:
    case FinishReason.OTHER:
      return "stop";
  }
}
