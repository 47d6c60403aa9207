import { ErrorReason } from "../../gen/parlance/error/v1/error_reason_pb.js";
import type { Settings } from "../config/settings.ts";
import type { Call } from "../core/call.ts";
import { refusable, type Stage } from "../core/compose.ts";
import { GatewayError } from "../core/faults/gateway-error.ts";

/** What keeps the records of calls. */
export interface RecordKeeper {
  /** Absent: nothing is kept, and nothing need be. */
  readonly store?: { readonly keepsRecords: () => boolean } | undefined;
}

/**
 * Refuses calls while their records cannot be kept, where the config says so. Fails closed: that is
 * what it is for.
 */
export function keepRecordsPolicy(settings: Settings, { store }: RecordKeeper): Stage | undefined {
  if (settings.store?.journal.refuseFull !== true || store === undefined) return undefined;
  const pass = (call: Call): Call => {
    if (!store.keepsRecords()) throw new GatewayError(notKept);
    return call;
  };
  return {
    name: "keep_records",
    layer: (next) => async (call) => next(pass(call)),
    plan: (call) => refusable(call, () => pass(call)),
  };
}

const notKept = {
  reason: ErrorReason.STORE_UNAVAILABLE,
  message: "the record of the call could not be kept: the journal of the gateway has no room",
} as const;
