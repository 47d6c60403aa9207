import type { FieldReport } from "../../../gen/parlance/call/v1/call_report_pb.js";
import type { Reply } from "../../core/call.ts";
import { joinReports } from "../../core/fidelity/join-reports.ts";

/** A reply that says too what was changed before. */
export async function withReport(
  answered: Promise<Reply>,
  report: readonly FieldReport[],
): Promise<Reply> {
  const reply = await answered;
  return { ...reply, report: joinReports(report, reply.report) };
}
