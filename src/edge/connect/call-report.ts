import { create } from "@bufbuild/protobuf";
import { type CallReport, CallReportSchema } from "../../../gen/parlance/call/v1/call_report_pb.js";
import type { Call, Reply } from "../../core/call.ts";

/** How an answer came about, as typed callers are told. */
export function callReport(call: Call, reply: Reply, configHash: string): CallReport {
  const { headers } = reply;
  return create(CallReportSchema, {
    callId: call.id,
    target: { ...reply.target, dialect: reply.dialect },
    attempts: call.trace.attempts.map(({ target, dialect, durationUs, fault, status }) => ({
      target: { ...target, dialect },
      durationUs: BigInt(durationUs),
      upstreamStatus: status,
      ...(fault === undefined ? {} : { failure: fault.reason, message: fault.message }),
    })),
    overheadUs: BigInt(call.trace.overheadUs()),
    fidelity: [...reply.report],
    upstreamRequestId: headers["x-request-id"] ?? headers["request-id"] ?? "",
    configHash,
  });
}
