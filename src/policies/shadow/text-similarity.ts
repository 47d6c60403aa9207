/** As much of each text is looked at, in UTF-16 units, so that long answers do not hold up calls. */
export const comparedLength = 16_384;

/**
 * How alike two texts are, from 0 to 1: the share of runs of three characters that they have in
 * common, counted as often as they occur, without regard to case and white space. Takes time linear
 * in their length: L. R. Dice, Measures of the amount of ecologic association between species,
 * Ecology 26 (1945), 297-302.
 */
export function textSimilarity(one: string, other: string): number {
  const [a, b] = [normalized(one), normalized(other)];
  if (a === b) return 1;
  const runs = runsOf(a);
  let common = 0;
  let count = 0;
  for (let at = 0; at + runLength <= b.length; at += 1) {
    count += 1;
    const run = b.slice(at, at + runLength);
    const left = runs.counts.get(run) ?? 0;
    if (left === 0) continue;
    common += 1;
    runs.counts.set(run, left - 1);
  }
  const total = runs.total + count;
  return total === 0 ? 0 : (2 * common) / total;
}

const runLength = 3;

/** With blanks around it, so that short texts and the ends of long ones have runs too. */
function normalized(text: string): string {
  const words = text.slice(0, comparedLength).toLowerCase().match(/\S+/g) ?? [];
  return words.length === 0 ? "" : ` ${words.join(" ")} `;
}

function runsOf(text: string): { readonly counts: Map<string, number>; readonly total: number } {
  const counts = new Map<string, number>();
  let total = 0;
  for (let at = 0; at + runLength <= text.length; at += 1) {
    const run = text.slice(at, at + runLength);
    counts.set(run, (counts.get(run) ?? 0) + 1);
    total += 1;
  }
  return { counts, total };
}
