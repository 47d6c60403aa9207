import type { Asks, MemberAsks } from "../../../core/traits/may-exceed.ts";

const output: MemberAsks = new Map<string, readonly Asks[]>([["format", ["jsonSchema"]]]);

/** What members of messages ask of their model. */
export const asks: MemberAsks = new Map<string, readonly Asks[] | MemberAsks>([
  ["temperature", ["temperature", "temperatureWithTopP"]],
  ["top_p", ["topP"]],
  ["top_k", ["topK"]],
  ["stop_sequences", ["stop"]],
  ["tools", ["tools"]],
  ["tool_choice", ["requiredTool", "namedTool", "parallelToolCalls"]],
  ["output_config", output],
]);
