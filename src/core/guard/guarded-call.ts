import type { Call } from "../call.ts";
import { userOf } from "../caller/caller-unit.ts";
import type { GuardedCall } from "./guard.ts";

/** What a service that is asked about the texts of a call learns of it. */
export function guardedCallOf(call: Call): GuardedCall {
  const { id: callId, request, model, principal } = call;
  return {
    callId,
    operation: request.operation.name,
    model,
    key: principal?.name ?? "",
    team: principal?.team ?? "",
    principal,
    endUser: userOf(call) ?? "",
  };
}
