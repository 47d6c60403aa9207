import type { MemberAsks } from "../../../core/traits/may-exceed.ts";

/** What members of chats ask of their model. */
export const asks: MemberAsks = new Map([
  ["temperature", ["temperature", "temperatureWithTopP"]],
  ["top_p", ["topP"]],
  ["top_k", ["topK"]],
  ["min_p", ["minP"]],
  ["frequency_penalty", ["frequencyPenalty"]],
  ["presence_penalty", ["presencePenalty"]],
  ["repetition_penalty", ["repetitionPenalty"]],
  ["seed", ["seed"]],
  ["stop", ["stop"]],
  ["logit_bias", ["logitBias"]],
  ["logprobs", ["logprobs"]],
  ["top_logprobs", ["logprobs"]],
  ["tools", ["tools"]],
  ["functions", ["tools"]],
  ["parallel_tool_calls", ["parallelToolCalls"]],
  ["tool_choice", ["requiredTool", "namedTool"]],
  ["function_call", ["requiredTool", "namedTool"]],
  ["response_format", ["jsonObject", "jsonSchema"]],
  ["verbosity", ["verbosity"]],
  ["reasoning_effort", ["effort"]],
  ["reasoning", ["effort"]],
  ["thinking", ["effort"]],
  ["messages", ["developer"]],
]);
