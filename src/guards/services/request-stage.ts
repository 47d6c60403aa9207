import type { GuardStageName } from "../../core/guard/guard-note.ts";

/** Whether texts of a stage are what the caller sends, and not what the model answers. */
export function isOfRequest(stage: GuardStageName): boolean {
  return stage === "input" || stage === "tool_results";
}
