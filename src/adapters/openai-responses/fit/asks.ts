import type { Asks, MemberAsks } from "../../../core/traits/may-exceed.ts";

const text: MemberAsks = new Map<string, readonly Asks[]>([
  ["format", ["jsonObject", "jsonSchema"]],
  ["verbosity", ["verbosity"]],
]);

const reasoning: MemberAsks = new Map<string, readonly Asks[]>([
  ["effort", ["effort"]],
  ["summary", ["summary"]],
]);

/** What members of responses ask of their model. */
export const asks: MemberAsks = new Map<string, readonly Asks[] | MemberAsks>([
  ["temperature", ["temperature", "temperatureWithTopP"]],
  ["top_p", ["topP"]],
  ["top_logprobs", ["logprobs"]],
  ["tools", ["tools"]],
  ["parallel_tool_calls", ["parallelToolCalls"]],
  ["tool_choice", ["requiredTool", "namedTool"]],
  ["text", text],
  ["reasoning", reasoning],
  ["input", ["developer"]],
]);
