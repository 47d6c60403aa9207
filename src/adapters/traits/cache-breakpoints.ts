/** GPT-5.6 and later, however a host spells them. */
const SINCE_GPT_5_6 = /(?:^|\/)gpt-(?:5\.(?:[6-9]|\d\d)|[6-9]|\d\d)/;

/**
 * Whether a model takes `prompt_cache_breakpoint` on content, in Chat Completions as in Responses.
 * See https://developers.openai.com/api/docs/guides/prompt-caching (2026-11).
 */
export function takesBreakpoints(model: string): boolean {
  return SINCE_GPT_5_6.test(model);
}
