import type {
  CallReport,
  Target as ToldTarget,
} from "../../../../gen/parlance/call/v1/call_report_pb.js";
import { ErrorReason } from "../../../../gen/parlance/error/v1/error_reason_pb.js";
import type { Call, Reply, Target } from "../../../core/call.ts";

/**
 * How an answer came about, as typed callers are told. Literals, because `create` costs every call
 * ten times as much.
 */
export function callReport(call: Call, reply: Reply, configHash: string): CallReport {
  const { headers } = reply;
  return {
    $typeName: "parlance.call.v1.CallReport",
    callId: call.id,
    target: told(reply.target, reply.dialect),
    attempts: call.trace.attempts.map(({ target, dialect, durationUs, fault, status }) => ({
      $typeName: "parlance.call.v1.Attempt",
      target: told(target, dialect),
      durationUs: BigInt(durationUs),
      upstreamStatus: status,
      failure: fault?.reason ?? ErrorReason.UNSPECIFIED,
      message: fault?.message ?? "",
    })),
    overheadUs: BigInt(call.trace.overheadUs()),
    fidelity: [...reply.report],
    upstreamRequestId: headers["x-request-id"] ?? headers["request-id"] ?? "",
    configHash,
  };
}

function told({ provider, model }: Target, dialect: string): ToldTarget {
  return { $typeName: "parlance.call.v1.Target", provider, model, dialect };
}
