import { ReasoningSummary } from "../../../gen/parlance/chat/v1/generation_pb.js";
import { dropped, type EncodeReport, emulated } from "../../core/fidelity/encode-report.ts";

/**
 * Reports a summary of the reasoning that is requested of a vendor whose thinking comes in full:
 * clients get that as the summary. `shown`: whether there is any to show; it cannot be left out.
 */
export function reportFullSummary(
  summary: ReasoningSummary,
  shown: boolean,
  report: EncodeReport,
): void {
  if (summary === ReasoningSummary.UNSPECIFIED) return;
  const comes = shown && summary !== ReasoningSummary.OMITTED;
  (comes ? emulated : dropped)(report, "reasoning.summary");
}
