import { FinishReason } from "../../../gen/parlance/chat/v1/completion_pb.js";
import { type JsonObject, objectAt, stringAt } from "../../json/json.ts";
import { foreignFinish } from "../shared/answers/foreign-finish.ts";

/** Why an answer ended, in the contract's word and in the vendor's. */
export interface Ending {
  readonly reason: FinishReason;
  readonly word: string;
}

/**
 * Reads `status` and `incomplete_details` of a response. An answer that is complete and asks for
 * tools of the caller waits for them. A status that is no end (`queued`, `in_progress`, of a call
 * in the background) is no reason.
 */
export function decodeEnding(response: JsonObject, hasToolCalls: boolean): Ending {
  const status = stringAt(response, "status") ?? "";
  switch (status) {
    case "completed":
    case "":
      return { reason: hasToolCalls ? FinishReason.TOOL_CALLS : FinishReason.STOP, word: status };
    case "incomplete": {
      const details = objectAt(response, "incomplete_details");
      const word =
        (details === undefined ? undefined : stringAt(details, "reason")) ?? "incomplete";
      return { reason: reasonOf(word), word };
    }
    case "queued":
    case "in_progress":
      return { reason: FinishReason.UNSPECIFIED, word: status };
    case "failed":
      return { reason: FinishReason.ERROR, word: status };
    default:
      return { reason: foreignFinish(status), word: status };
  }
}

/** A status of a response, and why it is not whole. */
export interface WireEnding {
  readonly status: string;
  readonly why?: string;
}

/**
 * Status and, where the answer is not whole, the reason that clients of this dialect know. A
 * refusal that the model put in words is a whole answer here; one without words is reported as the
 * filter's.
 */
export function encodeEnding({ reason, word }: Ending, refused: boolean): WireEnding {
  switch (reason) {
    case FinishReason.UNSPECIFIED:
      return { status: word === "queued" || word === "in_progress" ? word : "completed" };
    case FinishReason.STOP:
    case FinishReason.STOP_SEQUENCE:
    case FinishReason.TOOL_CALLS:
    case FinishReason.OTHER:
      return { status: "completed" };
    case FinishReason.REFUSAL:
      return refused ? { status: "completed" } : { status: "incomplete", why: "content_filter" };
    case FinishReason.LENGTH:
    case FinishReason.CONTEXT_WINDOW:
    case FinishReason.PAUSE:
      return { status: "incomplete", why: "max_output_tokens" };
    case FinishReason.CONTENT_FILTER:
      return { status: "incomplete", why: "content_filter" };
    case FinishReason.ERROR:
      return { status: word === "cancelled" ? word : "failed" };
  }
}

/** What is incomplete for a reason that says nothing can be gone on with. */
function reasonOf(word: string): FinishReason {
  const reason = foreignFinish(word);
  return reason === FinishReason.OTHER || reason === FinishReason.STOP
    ? FinishReason.PAUSE
    : reason;
}
