import { FinishReason } from "../../../gen/parlance/chat/v1/completion_pb.js";

/** Why the model stopped, from `details.finish_reason`; "" where there are no details. */
export function decodeFinishReason(word: string): FinishReason {
  switch (word) {
    case "":
      return FinishReason.UNSPECIFIED;
    case "eos_token":
      return FinishReason.STOP;
    case "stop_sequence":
      return FinishReason.STOP_SEQUENCE;
    case "length":
      return FinishReason.LENGTH;
    default:
      return FinishReason.OTHER;
  }
}
