import type { Asks, MemberAsks } from "../../../core/traits/may-exceed.ts";

const knobs: readonly (readonly [member: string, asks: readonly Asks[]])[] = [
  ["temperature", ["temperature", "temperatureWithTopP"]],
  ["topP", ["topP"]],
  ["topK", ["topK"]],
  ["frequencyPenalty", ["frequencyPenalty"]],
  ["presencePenalty", ["presencePenalty"]],
  ["seed", ["seed"]],
  ["stopSequences", ["stop"]],
  ["responseLogprobs", ["logprobs"]],
  ["logprobs", ["logprobs"]],
  ["responseMimeType", ["jsonObject"]],
  ["responseSchema", ["jsonSchema"]],
  ["responseJsonSchema", ["jsonSchema"]],
];

const config: MemberAsks = new Map<string, readonly Asks[]>(knobs);

/** What members of contents ask of their model. */
export const asks: MemberAsks = new Map<string, readonly Asks[] | MemberAsks>([
  ["generationConfig", config],
  ["generation_config", config],
  ["tools", ["tools"]],
  ["toolConfig", ["requiredTool", "namedTool"]],
  ["tool_config", ["requiredTool", "namedTool"]],
]);
