import type { Asks, MemberAsks } from "../../../core/traits/may-exceed.ts";

const knobs: readonly (readonly [member: string, asks: readonly Asks[]])[] = [
  ["temperature", ["temperature", "temperatureWithTopP"]],
  ["top_p", ["topP"]],
  ["top_k", ["topK"]],
  ["min_p", ["minP"]],
  ["frequency_penalty", ["frequencyPenalty"]],
  ["presence_penalty", ["presencePenalty"]],
  ["repeat_penalty", ["repetitionPenalty"]],
  ["seed", ["seed"]],
  ["stop", ["stop"]],
];

const options: MemberAsks = new Map<string, readonly Asks[]>(knobs);

/** What members of chats ask of their model. */
export const asks: MemberAsks = new Map<string, readonly Asks[] | MemberAsks>([
  ["options", options],
  ["logprobs", ["logprobs"]],
  ["tools", ["tools"]],
  ["format", ["jsonObject", "jsonSchema"]],
  ["think", ["effort"]],
]);
