/** The two voices of a source file. */
export interface SourceText {
  /** The text without its comments; line breaks stay. */
  readonly code: string;
  /** As `code`, and every string literal is empty. */
  readonly bareCode: string;
  /** The comments alone, one after the other. */
  readonly comments: string;
}

const token =
  /("(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'|`(?:\\.|[^`\\])*`)|\/\/[^\n]*|\/\*[\s\S]*?\*\//g;

/** Tells code, strings and comments of TypeScript or proto apart, well enough for house rules. */
export function splitSource(text: string): SourceText {
  const comments: string[] = [];
  const code = text.replace(token, (match: string, literal: string | undefined) => {
    if (literal !== undefined) return literal;
    comments.push(match);
    return match.replace(/[^\n]/g, "");
  });
  const bareCode = code.replace(token, '""');
  return { code, bareCode, comments: comments.join("\n") };
}
