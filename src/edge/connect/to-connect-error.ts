import { Code, ConnectError } from "@connectrpc/connect";
import { FaultSchema } from "../../../gen/parlance/error/v1/fault_pb.js";
import { errorBehaviour } from "../../core/error-behaviour.ts";
import type { Fault } from "../../core/fault.ts";
import { type FailedTry, GatewayError } from "../../core/gateway-error.ts";

/** Which call failed, where it had begun. */
export interface FailedCall {
  readonly id: string;
  readonly signal?: AbortSignal;
}

/** What was thrown, as an RPC status with a `parlance.error.v1.Fault` as its detail. What is no error of ours stays as it is. */
export function toConnectError(error: unknown, call?: FailedCall): unknown {
  const ended = call?.signal?.reason;
  if (ended instanceof ConnectError && ended.code === Code.DeadlineExceeded) return ended;
  if (!(error instanceof GatewayError)) return error;
  const { fault } = error;
  const metadata = new Headers();
  if (call !== undefined) metadata.set("x-parlance-call-id", call.id);
  for (const [name, value] of Object.entries(fault.upstreamHeaders ?? {})) metadata.set(name, value);
  if (fault.retryAfterMs !== undefined) metadata.set("retry-after", String(Math.ceil(fault.retryAfterMs / 1000)));
  const code: Code = errorBehaviour(fault.reason).rpc;
  const value = faultDetail(fault, error.attempts, call?.id ?? "");
  return new ConnectError(fault.message, code, metadata, [{ desc: FaultSchema, value }], error);
}

function faultDetail(fault: Fault, attempts: readonly FailedTry[], callId: string) {
  return {
    reason: fault.reason,
    message: fault.message,
    fields: (fault.fields ?? []).map(({ field, message, ruleId }) => ({ field, message, ruleId: ruleId ?? "" })),
    provider: fault.provider ?? "",
    upstreamStatus: fault.upstreamStatus ?? 0,
    upstreamType: fault.upstreamType ?? "",
    upstreamCode: fault.upstreamCode ?? "",
    upstreamRequestId: fault.upstreamRequestId ?? "",
    retryable: errorBehaviour(fault.reason).retryable,
    callId,
    attempts: attempts.map(({ provider, model, fault: failed }) => ({
      provider,
      model,
      reason: failed.reason,
      upstreamStatus: failed.upstreamStatus ?? 0,
      message: failed.message,
    })),
    ...(fault.retryAfterMs === undefined ? {} : { retryAfterMs: BigInt(Math.round(fault.retryAfterMs)) }),
  };
}
