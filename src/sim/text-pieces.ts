import { countTextTokens } from "./count-tokens.ts";

/** One delta of a streamed text. */
export interface TextPiece {
  readonly text: string;
  readonly tokens: number;
}

/**
 * Cuts a text into the deltas of a stream: a word with the white space before it, words of more
 * than 32 characters in pieces of 32. Together the pieces are the text, and their tokens are its
 * tokens, for 32 characters are eight of them.
 */
export function* textPieces(text: string): Generator<TextPiece, void, undefined> {
  for (const [piece] of text.matchAll(/\s*\S{1,32}|\s+/gu))
    yield { text: piece, tokens: countTextTokens(piece) };
}
