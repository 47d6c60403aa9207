/** Counts the tokens of a text; what looks like a special token is text too. */
export type CountText = (text: string) => number;

/** A tokenizer takes time that grows with the square of a word's length, so that long words are cut: units of UTF-16. */
const longestSlice = 512;

/** Slices that are counted before others get a turn. */
const slicesAtOnce = 16;

/**
 * Counts a text of any length without holding up others for long. It is cut before spaces where it has some, so that the
 * count is the exact one but for words of more than 512 letters and scripts without spaces, where a cut may cost one token.
 */
export async function countLongText(text: string, count: CountText, signal: AbortSignal | undefined): Promise<number> {
  let tokens = 0;
  let slices = 0;
  for (let at = 0; at < text.length; ) {
    const end = sliceEnd(text, at);
    tokens += count(text.slice(at, end));
    at = end;
    slices += 1;
    if (slices % slicesAtOnce === 0) await turn(signal);
  }
  return tokens;
}

function sliceEnd(text: string, start: number): number {
  const most = start + longestSlice;
  if (most >= text.length) return text.length;
  const space = text.lastIndexOf(" ", most);
  if (space > start) return space;
  const unit = text.charCodeAt(most);
  return unit >= 0xdc00 && unit <= 0xdfff ? most - 1 : most;
}

async function turn(signal: AbortSignal | undefined): Promise<void> {
  await new Promise<void>((resolve) => setImmediate(resolve));
  signal?.throwIfAborted();
}
