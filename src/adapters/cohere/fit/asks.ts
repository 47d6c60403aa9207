import type { Asks, MemberAsks } from "../../../core/traits/may-exceed.ts";

/** What members of chats ask of their model. */
export const asks: MemberAsks = new Map<string, readonly Asks[]>([
  ["temperature", ["temperature", "temperatureWithTopP"]],
  ["p", ["topP"]],
  ["k", ["topK"]],
  ["frequency_penalty", ["frequencyPenalty"]],
  ["presence_penalty", ["presencePenalty"]],
  ["seed", ["seed"]],
  ["stop_sequences", ["stop"]],
  ["logprobs", ["logprobs"]],
  ["tools", ["tools"]],
  ["tool_choice", ["requiredTool"]],
  ["response_format", ["jsonObject", "jsonSchema"]],
  ["thinking", ["effort"]],
]);
