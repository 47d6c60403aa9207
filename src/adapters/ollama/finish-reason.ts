import { FinishReason } from "../../../gen/parlance/chat/v1/completion_pb.js";

/**
 * Why the model stopped, from `done_reason`; the server says `stop` also where it waits for tools.
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
      return FinishReason.OTHER;
  }
}

/** The dialect's word: clients know `stop` and `length`. */
export function encodeFinishReason(reason: FinishReason, vendorWord: string): string {
  switch (reason) {
    case FinishReason.LENGTH:
    case FinishReason.CONTEXT_WINDOW:
      return "length";
    case FinishReason.OTHER:
      return vendorWord === "" ? "stop" : vendorWord;
    case FinishReason.UNSPECIFIED:
    case FinishReason.STOP:
    case FinishReason.STOP_SEQUENCE:
    case FinishReason.TOOL_CALLS:
    case FinishReason.CONTENT_FILTER:
    case FinishReason.REFUSAL:
    case FinishReason.PAUSE:
    case FinishReason.ERROR:
      return "stop";
  }
}
