import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import { type Code, ConnectError } from "@connectrpc/connect";
import { FaultSchema } from "../../../gen/parlance/error/v1/fault_pb.js";
import type { AttemptRecord } from "../../core/attempt-record.ts";
import type { Call } from "../../core/call.ts";
import { printUsd } from "../../core/facts/nano-usd.ts";
import { draining } from "../../core/faults/draining.ts";
import { errorBehaviour } from "../../core/faults/error-behaviour.ts";
import { type BudgetFault, type Fault, gatewayFailed } from "../../core/faults/fault.ts";
import { GatewayError } from "../../core/faults/gateway-error.ts";
import { callIdHeader } from "../call-id.ts";
import { standardDetails } from "./error-details.ts";
import { attemptFacts, failureOf } from "./services/attempt-facts.ts";

/** A call that failed. */
export type FailedCall = Pick<Call, "id" | "trace">;

/**
 * What a call failed with, as an RPC status with a `parlance.error.v1.Fault` as its detail. An
 * error of another class is a bug: `onBug` gets it, and the caller learns nothing of it.
 */
export function toConnectError(
  error: unknown,
  call: FailedCall,
  onBug: (error: unknown) => void,
): ConnectError {
  if (error instanceof ConnectError) return error;
  const { id: callId, trace } = call;
  if (error instanceof GatewayError)
    return printStatus({ fault: error.fault, attempts: trace.attempts, callId, cause: error });
  onBug(error);
  return printStatus({ fault: gatewayFailed, callId, cause: error });
}

/** What an RPC status is made of. */
export interface StatusParts {
  readonly fault: Fault;
  /** "" where it has none yet. */
  readonly callId: string;
  readonly attempts?: readonly AttemptRecord[];
  readonly cause: unknown;
  /** Where a protocol demands another code than that of the fault's reason. */
  readonly code?: Code;
  /** What a protocol demands beside it. */
  readonly metadata?: Headers;
}

/**
 * The RPC status of a fault, with the fault as its detail and the call's id in the metadata too.
 */
export function printStatus({
  fault,
  callId,
  attempts = [],
  cause,
  ...own
}: StatusParts): ConnectError {
  const metadata = new Headers(own.metadata);
  if (callId !== "") metadata.set(callIdHeader, callId);
  for (const [name, value] of Object.entries(fault.upstreamHeaders ?? {}))
    metadata.set(name, value);
  if (fault.retryAfterMs !== undefined)
    metadata.set("retry-after", String(Math.ceil(fault.retryAfterMs / 1000)));
  const code: Code = own.code ?? errorBehaviour(fault.reason).rpc;
  const value = faultDetail(fault, attempts, callId);
  // Half a surrogate pair of the request, which a message may repeat, cannot be percent-encoded.
  const message = fault.message.toWellFormed();
  const details = [{ desc: FaultSchema, value }, ...standardDetails(fault, callId)];
  return new ConnectError(message, code, metadata, details, cause);
}

/**
 * What an RPC ends with that comes while the gateway shuts down, or that outlives the grace period
 * of a shutdown.
 */
export function drainingError(): ConnectError {
  return printStatus({ fault: draining, callId: "", cause: new GatewayError(draining) });
}

function faultDetail(fault: Fault, attempts: readonly AttemptRecord[], callId: string) {
  return {
    reason: fault.reason,
    message: fault.message,
    fields: (fault.fields ?? []).map(({ field, message, ruleId }) => ({
      field,
      message,
      ruleId: ruleId ?? "",
    })),
    provider: fault.provider ?? "",
    upstreamStatus: fault.upstreamStatus ?? 0,
    upstreamType: fault.upstreamType ?? "",
    upstreamCode: fault.upstreamCode ?? "",
    upstreamRequestId: fault.upstreamRequestId ?? "",
    retryable: errorBehaviour(fault.reason).retryable,
    callId,
    attempts: attempts.map((record) => ({
      provider: record.target.provider,
      model: record.target.model,
      reason: failureOf(record),
      dialect: record.dialect,
      ...attemptFacts(record),
    })),
    ...(fault.retryAfterMs === undefined
      ? {}
      : { retryAfterMs: BigInt(Math.round(fault.retryAfterMs)) }),
    ...(fault.budget === undefined ? {} : { budget: budgetOf(fault.budget) }),
  };
}

function budgetOf({ owner, limitNanoUsd, spentNanoUsd, resetsAtMs }: BudgetFault) {
  return {
    owner,
    limitUsd: printUsd(limitNanoUsd),
    spentUsd: spentNanoUsd === undefined ? "" : printUsd(spentNanoUsd),
    ...(resetsAtMs === undefined ? undefined : { resetsAt: timestampFromMs(resetsAtMs) }),
  };
}
