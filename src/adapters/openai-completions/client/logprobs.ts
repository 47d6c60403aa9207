import type { Logprobs } from "../../../../gen/parlance/chat/v1/completion_pb.js";
import type { Draft } from "../../openai-chat/wire.ts";

/**
 * Log probabilities as lists over the tokens. `offset` is where the first token begins in the text
 * of its choice, in UTF-16 units.
 */
export function encodeLogprobs({ content }: Logprobs, offset: number): Draft {
  let at = offset;
  const offsets = content.map(({ token }) => {
    const begin = at;
    at += token.length;
    return begin;
  });
  return {
    tokens: content.map(({ token }) => token),
    token_logprobs: content.map(({ logprob }) => logprob),
    top_logprobs: content.some(({ top }) => top.length > 0)
      ? content.map(({ top }) =>
          Object.fromEntries(top.map(({ token, logprob }) => [token, logprob])),
        )
      : null,
    text_offset: offsets,
  };
}

/** The length of the text of tokens, in UTF-16 units. */
export function lengthOf({ content }: Logprobs): number {
  return content.reduce((sum, { token }) => sum + token.length, 0);
}
