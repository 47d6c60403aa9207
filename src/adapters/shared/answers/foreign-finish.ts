import { FinishReason } from "../../../../gen/parlance/chat/v1/completion_pb.js";

/**
 * What a word for the end of an answer stands for that is none of its dialect's own: hosts in front
 * of models of other makers hand on those makers' words. A word that nobody documented is read by
 * what it speaks of, for a failure must not pass as an answer; OTHER where it speaks of nothing,
 * UNSPECIFIED for "".
 */
export function foreignFinish(word: string): FinishReason {
  if (word === "") return FinishReason.UNSPECIFIED;
  const lower = word.slice(0, MAX_WORD).toLowerCase();
  const known = documented.get(lower);
  if (known !== undefined) return known;
  for (const [pattern, reason] of patterns) {
    if (pattern.test(lower)) return reason;
  }
  return FinishReason.OTHER;
}

/** The contract's bound on such a word. */
const MAX_WORD = 256;

const documented: ReadonlyMap<string, FinishReason> = new Map([
  ...wordsFor(
    FinishReason.STOP,
    "stop stopped eos eos_token eos_found end end_turn end_of_turn endoftext end_of_text complete",
    "completed done finish finished success normal natural",
  ),
  ...wordsFor(FinishReason.STOP_SEQUENCE, "stop_sequence stop_sequence_found stop_token"),
  ...wordsFor(
    FinishReason.LENGTH,
    "length max_length max_tokens max_output max_output_tokens max_new_tokens max_completion_tokens",
    "limit token_limit output_limit time_limit truncated",
  ),
  ...wordsFor(
    FinishReason.CONTEXT_WINDOW,
    "model_length model_context_window_exceeded context_window context_window_exceeded",
    "context_length_exceeded error_limit",
  ),
  ...wordsFor(FinishReason.TOOL_CALLS, "tool_calls tool_call tool_use function_call"),
  ...wordsFor(
    FinishReason.CONTENT_FILTER,
    "content_filter content_filtered content_policy safety sensitive recitation language blocklist",
    "prohibited_content spii model_armor jailbreak image_safety image_recitation moderation",
    "image_prohibited_content guardrail_intervened error_toxic",
  ),
  ...wordsFor(FinishReason.REFUSAL, "refusal refused"),
  ...wordsFor(FinishReason.PAUSE, "pause_turn compaction continuation max_tool_calls incomplete"),
  ...wordsFor(
    FinishReason.ERROR,
    "error abort aborted cancel cancelled canceled timeout failed network_error no_image image_other",
    "insufficient_system_resource malformed_function_call malformed_response missing_thought_signature",
    "malformed_model_output malformed_tool_use unexpected_tool_call too_many_tool_calls load unload",
  ),
]);

/** The first that fits counts: a failure of a filter is a failure. */
const patterns: readonly (readonly [RegExp, FinishReason])[] = [
  [
    /error|fail|malform|abort|cancel|timeout|invalid|unexpected|interrupt|overload/,
    FinishReason.ERROR,
  ],
  [/filter|safety|policy|block|moderat|prohibit|guardrail/, FinishReason.CONTENT_FILTER],
  [/length|limit|max_/, FinishReason.LENGTH],
];

function wordsFor(
  reason: FinishReason,
  ...lists: readonly string[]
): readonly (readonly [string, FinishReason])[] {
  return lists
    .join(" ")
    .split(" ")
    .map((word) => [word, reason]);
}
