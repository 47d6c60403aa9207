import { dropped, type EncodeReport, mapped } from "../../../core/fidelity/encode-report.ts";
import { type Writable, writeJson } from "../../../json/write.ts";
import { parseModelName } from "../../traits/model-name.ts";
import { type ChatQuirks, NAME } from "../wire.ts";

/**
 * Members of chats beside model, messages and stream that clients of the dialect send, OpenAI's and
 * those that its ecosystem adds, with the contract's names for them.
 */
const optional: ReadonlyMap<string, string> = new Map([
  ["tools", "tools"],
  ["functions", "tools"],
  ["tool_choice", "tool_choice"],
  ["function_call", "tool_choice"],
  ["parallel_tool_calls", "parallel_tool_calls"],
  ["response_format", "response_format"],
  ["temperature", "sampling.temperature"],
  ["top_p", "sampling.top_p"],
  ["top_k", "sampling.top_k"],
  ["min_p", "sampling.min_p"],
  ["frequency_penalty", "sampling.frequency_penalty"],
  ["presence_penalty", "sampling.presence_penalty"],
  ["repetition_penalty", "sampling.repetition_penalty"],
  ["seed", "sampling.seed"],
  ["random_seed", "sampling.seed"],
  ["stop", "sampling.stop"],
  ["logit_bias", "sampling.logit_bias"],
  ["logprobs", "sampling.logprobs"],
  ["top_logprobs", "sampling.top_logprobs"],
  ["n", "n"],
  ["max_tokens", "max_output_tokens"],
  ["max_completion_tokens", "max_output_tokens"],
  ["reasoning_effort", "reasoning"],
  ["reasoning", "reasoning"],
  ["thinking", "reasoning"],
  ["modalities", "modalities"],
  ["audio", "audio_output"],
  ["prediction", "prediction"],
  ["verbosity", "verbosity"],
  ["web_search_options", "web_search"],
  ["service_tier", "service_tier"],
  ["store", "store"],
  ["user", "user"],
  ["safety_identifier", "safety_identifier"],
  ["prompt_cache_key", "prompt_cache_key"],
  ["metadata", "metadata"],
  ["cache_control", "cache"],
  ["moderation", `extras_json["${NAME}"].moderation`],
  ["prompt_cache_options", `extras_json["${NAME}"].prompt_cache_options`],
  ["prompt_cache_retention", `extras_json["${NAME}"].prompt_cache_retention`],
]);

/** Members that say the same thing otherwise: only an encoder can write them anew. */
const rewritten: ReadonlySet<string> = new Set([
  "functions",
  "function_call",
  "reasoning",
  "thinking",
]);

const extended: ReadonlySet<string> = new Set(["top_k", "min_p", "repetition_penalty"]);

/** Values that ask for what an endpoint without the knob does anyway, as JSON texts. */
const usual: Readonly<Record<string, readonly string[]>> = {
  response_format: ['{"type":"text"}'],
  frequency_penalty: ["0"],
  presence_penalty: ["0"],
  repetition_penalty: ["1"],
  top_k: ["-1", "0"],
  min_p: ["0"],
  logprobs: ["false"],
  n: ["1"],
  modalities: ['["text"]'],
  service_tier: ['"auto"', '"default"'],
  store: ["false"],
  echo: ["false"],
  best_of: ["1"],
  suffix: ['""'],
  tool_choice: ['"auto"'],
};

/** The name under which an endpoint takes a member: two of them have several. */
export function memberName(member: string, quirks: ChatQuirks): string {
  switch (member) {
    case "max_tokens":
    case "max_completion_tokens":
      return quirks.maxTokensField ?? "max_tokens";
    case "seed":
      return quirks.seedField ?? "seed";
    default:
      return member;
  }
}

/** Whether the effort of a model switches its thinking and has no levels. */
export function switchesEffort(model: string, { switchedEfforts }: ChatQuirks): boolean {
  return switchedEfforts !== undefined && parseModelName(model).maker === switchedEfforts;
}

/** Whether an endpoint has nothing for a member, by the name under which it would take it. */
export function isWithheld(member: string, quirks: ChatQuirks): boolean {
  if (quirks.extendedSampling === false && extended.has(member)) return true;
  if (quirks.parallelToolCalls === false && member === "parallel_tool_calls") return true;
  if (quirks.streamUsage === false && member === "stream_options") return true;
  if (quirks.unsupported?.includes(member) === true) return true;
  return quirks.takes !== undefined && optional.has(member) && !quirks.takes.includes(member);
}

/**
 * Whether an endpoint has nothing for a member of legacy completions; `taken` are those that it
 * takes. What lists of rows say of chats alone does not count, nor does a member that nobody knows.
 */
export function isForeignTo(member: string, taken: readonly string[]): boolean {
  return (optional.has(member) || completionsAlone.has(member)) && !taken.includes(member);
}

/** Members that only legacy completions and fill-in-the-middle have. */
const completionsAlone: ReadonlySet<string> = new Set([
  "suffix",
  "echo",
  "best_of",
  "min_tokens",
  "stream_options",
]);

/** Whether a withheld member is sent under another name, which only an encoder can write. */
export function isRewritten(member: string): boolean {
  return rewritten.has(member);
}

/** Reports a member that is not sent. What the endpoint does anyway is no loss. */
export function reportWithheld(report: EncodeReport, member: string, value: Writable): void {
  if (member === "stream_options") return;
  const field = optional.get(member) ?? member;
  if (usual[member]?.includes(writeJson(value)) === true)
    mapped(report, field, "the vendor does so anyway");
  else dropped(report, field, "the vendor has no such knob");
}

/** Whether an endpoint takes a member of messages of a role beside content and those of tools. */
export function takesInMessages(
  member: string,
  role: string,
  { messagesTake }: ChatQuirks,
): boolean {
  return (
    messagesTake === undefined ||
    messagesTake.includes(member) ||
    messagesTake.includes(`${role}.${member}`)
  );
}
