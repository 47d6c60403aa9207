import type { Detector, Finding, TextSource } from "../../src/core/guard/detector.ts";

/** What a detector finds in a text that comes piece by piece, as a stream of an answer does. */
export function findInPieces(
  detector: Detector,
  pieces: readonly string[],
  source?: TextSource,
): Finding[] {
  const { find, openFrom, lookBehind } = detector;
  const found: Finding[] = [];
  // `kept` begins at `base` of the whole text; what begins before `settled` of it is known.
  let [kept, base, settled] = ["", 0, 0];
  const settle = (open: number) => {
    for (const one of find(kept, settled, source))
      if (one.start < open) found.push({ ...one, start: base + one.start, end: base + one.end });
  };
  for (const piece of pieces) {
    kept += piece;
    if (openFrom === undefined) continue;
    const open = openFrom(kept, settled, source);
    settle(open);
    const dropped = Math.max(0, open - lookBehind);
    [kept, base, settled] = [kept.slice(dropped), base + dropped, open - dropped];
  }
  settle(kept.length);
  return found;
}

/** A text in pieces that end at places. */
export function piecesOf(text: string, places: readonly number[]): string[] {
  const ends = [...new Set(places.map((place) => place % (text.length + 1)))].sort((a, b) => a - b);
  return [...ends, text.length].map((end, at) => text.slice(ends[at - 1] ?? 0, end));
}
