import type { FieldOutcome, FieldReport } from "../../../gen/parlance/call/v1/call_report_pb.js";

/** One entry of a report: what became of a field, and how. */
export function fieldEntry(field: string, outcome: FieldOutcome, note: string): FieldReport {
  return { $typeName: "parlance.call.v1.FieldReport", field, outcome, note };
}
