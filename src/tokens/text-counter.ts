/** Counts the tokens of a text; what looks like a special token is text too. */
export type CountText = (text: string) => number;

/**
 * A tokenizer takes time that grows with the square of a word's length, so that long words are cut:
 * units of UTF-16.
 */
const longestSlice = 512;

/** Units of UTF-16 that are counted before others get a turn. */
const unitsAtOnce = 16 * longestSlice;

/** What a text costs beside its letters, in units: a turn comes after many short texts too. */
const textCost = 32;

/**
 * Counts texts of any number and length without holding up others for long. A text is cut before
 * spaces where it has some, so that the count is the exact one but for words of more than 512
 * letters and scripts without spaces, where a cut may cost one token.
 */
export async function countTexts(
  texts: Iterable<string>,
  count: CountText,
  signal: AbortSignal | undefined,
): Promise<number> {
  let tokens = 0;
  let units = 0;
  for (const text of texts) {
    units += textCost;
    for (const slice of slicesOf(text)) {
      tokens += count(slice);
      units += slice.length;
      if (units < unitsAtOnce) continue;
      units = 0;
      await turn(signal);
    }
  }
  return tokens;
}

/** The slices that a text is counted in, in order. */
export function* slicesOf(text: string): Generator<string, void, undefined> {
  for (let at = 0; at < text.length; ) {
    const end = sliceEnd(text, at);
    yield text.slice(at, end);
    at = end;
  }
}

function sliceEnd(text: string, start: number): number {
  const maxEnd = start + longestSlice;
  if (maxEnd >= text.length) return text.length;
  // Within the slice: a text without spaces would be searched to its start each time.
  const space = text.slice(start, maxEnd + 1).lastIndexOf(" ");
  if (space > 0) return start + space;
  const unit = text.charCodeAt(maxEnd);
  return unit >= 0xdc00 && unit <= 0xdfff ? maxEnd - 1 : maxEnd;
}

async function turn(signal: AbortSignal | undefined): Promise<void> {
  await new Promise<void>((resolve) => setImmediate(resolve));
  signal?.throwIfAborted();
}
