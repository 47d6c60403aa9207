/**
 * Text cut into words, each with the space before it: how both vendors stream text. Joined they are
 * the text.
 */
export function wordPieces(text: string): readonly string[] {
  return text.match(/\s*\S+(?:\s+$)?/g) ?? (text === "" ? [] : [text]);
}

/**
 * Text cut into pieces of `size` code points: how tool arguments are streamed. Joined they are the
 * text.
 */
export function evenPieces(text: string, size: number): readonly string[] {
  const points = Array.from(text);
  return Array.from({ length: Math.ceil(points.length / size) }, (_, index) =>
    points.slice(index * size, (index + 1) * size).join(""),
  );
}

/** A stand-in for a tokenizer: a quarter of the UTF-16 length, rounded up; 0 for empty text. */
export function countTokens(text: string): number {
  return Math.ceil(text.length / 4);
}
