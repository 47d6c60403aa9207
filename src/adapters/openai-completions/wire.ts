/**
 * The dialect's name: OpenAI's legacy Completions
 * (https://platform.openai.com/docs/api-reference/completions).
 */
export const NAME = "openai-completions";

/**
 * The name of the dialect that fills in the middle: a prompt, a suffix, and the answer of a chat
 * (https://docs.mistral.ai/api/endpoint/fim). What only it has travels as extras of `NAME`, for the
 * two say the same in the same words.
 */
export const FIM_NAME = "fim-completions";
