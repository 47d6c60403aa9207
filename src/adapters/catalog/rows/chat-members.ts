import type { ChatQuirks } from "../../openai-chat/wire.ts";

/** The members that vendors take which refuse all others, of chats and of their messages. */
export type TakenMembers = Required<Pick<ChatQuirks, "takes" | "messagesTake">>;

const common: readonly string[] = [
  "frequency_penalty",
  "max_tokens",
  "n",
  "parallel_tool_calls",
  "presence_penalty",
  "reasoning_effort",
  "response_format",
  "service_tier",
  "stop",
  "temperature",
  "tool_choice",
  "tools",
  "top_p",
];

/**
 * OpenAI's own (https://platform.openai.com/docs/api-reference/chat/create, 2026-11): others are
 * `Unrecognized request argument supplied`.
 */
export const openaiMembers: TakenMembers = {
  takes: [
    ...common,
    "audio",
    "function_call",
    "functions",
    "logit_bias",
    "logprobs",
    "max_completion_tokens",
    "metadata",
    "modalities",
    "moderation",
    "prediction",
    "prompt_cache_key",
    "prompt_cache_options",
    "prompt_cache_retention",
    "safety_identifier",
    "seed",
    "store",
    "top_logprobs",
    "user",
    "verbosity",
    "web_search_options",
  ],
  messagesTake: ["annotations", "audio", "function_call", "name", "refusal"],
};

/**
 * Mistral's (https://docs.mistral.ai/api/#operation/chatCompletion, 2026-11): others are
 * `extra_forbidden` with status 422.
 */
export const mistralMembers: TakenMembers = {
  takes: [
    ...common,
    "logprobs",
    "metadata",
    "prediction",
    "prompt_cache_key",
    "random_seed",
    "top_logprobs",
  ],
  messagesTake: ["tool.name"],
};

/**
 * OpenAI's of legacy completions
 * (https://platform.openai.com/docs/api-reference/completions/create, 2026-11).
 */
export const openaiCompletions: readonly string[] = [
  "best_of",
  "echo",
  "frequency_penalty",
  "logit_bias",
  "logprobs",
  "max_tokens",
  "n",
  "presence_penalty",
  "seed",
  "stop",
  "stream_options",
  "suffix",
  "temperature",
  "top_p",
  "user",
];

/**
 * DeepSeek's of legacy completions (https://api-docs.deepseek.com/api/create-completion, 2026-11).
 */
export const deepseekCompletions: readonly string[] = [
  "echo",
  "frequency_penalty",
  "logprobs",
  "max_tokens",
  "presence_penalty",
  "stop",
  "stream_options",
  "suffix",
  "temperature",
  "top_p",
];

/**
 * Groq's (https://console.groq.com/docs/api-reference#chat-create and
 * https://console.groq.com/docs/openai, 2026-11): others are refused as a `property` that `is
 * unsupported`, and so are the log probabilities, biases and names that its clients know.
 */
export const groqMembers: TakenMembers = {
  takes: [...common, "function_call", "functions", "max_completion_tokens", "seed", "user"],
  messagesTake: ["function_call", "function.name"],
};

/**
 * Cerebras' (https://inference-docs.cerebras.ai/api-reference/chat-completions, 2026-11): others
 * are refused as a `property` that `is unsupported`.
 */
export const cerebrasMembers: TakenMembers = {
  takes: [
    ...common,
    "logit_bias",
    "logprobs",
    "max_completion_tokens",
    "prediction",
    "prompt_cache_key",
    "seed",
    "top_logprobs",
    "user",
  ],
  messagesTake: ["name"],
};

/**
 * Fireworks' (https://docs.fireworks.ai/api-reference/post-chatcompletions, 2026-11): of others it
 * says `Extra inputs are not permitted`.
 */
export const fireworksMembers: TakenMembers = {
  takes: [
    ...common,
    "function_call",
    "functions",
    "logit_bias",
    "logprobs",
    "max_completion_tokens",
    "metadata",
    "min_p",
    "prediction",
    "prompt_cache_key",
    "repetition_penalty",
    "seed",
    "thinking",
    "top_k",
    "top_logprobs",
    "user",
  ],
  messagesTake: [],
};
