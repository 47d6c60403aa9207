import type {
  CallReport,
  Target as ReportTarget,
} from "../../../../gen/parlance/call/v1/call_report_pb.js";
import type { Call, Reply } from "../../../core/call.ts";
import type { Target } from "../../../core/target/target.ts";
import { attemptFacts, failureOf } from "./attempt-facts.ts";

/**
 * How an answer came about, as a message for typed callers. Literals, because `create` costs every
 * call ten times as much.
 */
export function callReport(call: Call, reply: Reply, configHash: string): CallReport {
  const { headers } = reply;
  return {
    $typeName: "parlance.call.v1.CallReport",
    callId: call.id,
    target: toReportTarget(reply.target, reply.dialect),
    attempts: call.trace.attempts.map((record) => ({
      $typeName: "parlance.call.v1.Attempt",
      target: toReportTarget(record.target, record.dialect),
      failure: failureOf(record),
      hedged: record.hedged,
      wasted: record.wasted,
      continues: record.continues,
      ...attemptFacts(record),
    })),
    overheadUs: BigInt(call.trace.overheadUs()),
    queuedUs: BigInt(call.trace.queuedUs),
    fidelity: [...reply.report],
    upstreamRequestId: headers["x-request-id"] ?? headers["request-id"] ?? "",
    configHash,
    rule: [...call.trace.rules],
    arm: call.trace.arm ?? "",
  };
}

function toReportTarget({ provider, model }: Target, dialect: string): ReportTarget {
  return { $typeName: "parlance.call.v1.Target", provider, model, dialect };
}
