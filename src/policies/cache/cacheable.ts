import { isMessage, type Message } from "@bufbuild/protobuf";
import {
  type Completion,
  CompletionSchema,
  FinishReason,
} from "../../../gen/parlance/chat/v1/completion_pb.js";
import type { Call } from "../../core/call.ts";
import { mayAct } from "../routing/hedge.ts";

/**
 * Whether a call may have the answer to an earlier one: not where it refers to what a vendor keeps,
 * which may change, and not where the vendor may act on the world for it.
 */
export function isRepeatable(call: Call): boolean {
  const demands = call.request.beside?.()?.demands ?? [];
  return demands.length === 0 && !mayAct(call);
}

/**
 * Whether an answer may be given to later calls: it is whole, and no filter, bound or failure took
 * something of it.
 */
export function isStorable({ request }: Pick<Call, "request">, result: Message): boolean {
  if (request.operation.faultOf?.(result, request.message()) !== undefined) return false;
  return !isMessage(result, CompletionSchema) || isWholeCompletion(result);
}

const wholeFinishes: ReadonlySet<FinishReason> = new Set([
  FinishReason.STOP,
  FinishReason.STOP_SEQUENCE,
  FinishReason.TOOL_CALLS,
]);

function isWholeCompletion({ choices }: Completion): boolean {
  return (
    choices.length > 0 &&
    choices.every(
      ({ finishReason, message }) =>
        wholeFinishes.has(finishReason) && message !== undefined && message.parts.length > 0,
    )
  );
}
