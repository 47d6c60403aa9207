import { dropped, type EncodeReport, mapped } from "../../core/encode-report.ts";

/** Reports what a prompt has no place for, beside its messages. */
export function reportTools(
  tools: { readonly count: number; readonly choice: boolean; readonly parallel: boolean },
  report: EncodeReport,
): void {
  if (tools.count > 0) dropped(report, "tools", "the server's own API has no tools; its OpenAI endpoint has");
  if (tools.choice) dropped(report, "tool_choice", "there are no tools to choose from");
  if (tools.parallel) mapped(report, "parallel_tool_calls", "of no account without tools");
}
