import type { Completion } from "../../../gen/parlance/chat/v1/completion_pb.js";
import { FinishReason } from "../../../gen/parlance/chat/v1/completion_pb.js";
import { ErrorReason } from "../../../gen/parlance/error/v1/error_reason_pb.js";
import type { Fault } from "./fault.ts";

/** Why an answer ended, in the contract's word and in the vendor's. */
interface Ending {
  readonly reason: FinishReason;
  readonly vendorReason: string;
}

/**
 * The fault of an answer that ends by failing, such as a tool call that the model spelt wrongly:
 * clients of other dialects have no word for it, and must not take it for a whole answer. Undefined
 * for every other end.
 */
export function finishFault({ reason, vendorReason }: Ending): Fault | undefined {
  if (reason !== FinishReason.ERROR) return undefined;
  const word = vendorReason === "" ? "" : `, for the reason ${vendorReason}`;
  return {
    reason: ErrorReason.UPSTREAM_INTERNAL,
    message: `the model's answer failed${word}; try again`,
    ...(vendorReason === "" ? undefined : { upstreamCode: vendorReason }),
  };
}

/**
 * The fault of a whole answer: it has no choice at all, or one that failed. Undefined: it is an
 * answer.
 */
export function completionFault({ choices }: Completion): Fault | undefined {
  if (choices.length === 0)
    return {
      reason: ErrorReason.UPSTREAM_MALFORMED,
      message: "the provider's answer has no choices",
    };
  for (const { finishReason: reason, vendorFinishReason: vendorReason } of choices) {
    const fault = finishFault({ reason, vendorReason });
    if (fault !== undefined) return fault;
  }
  return undefined;
}
