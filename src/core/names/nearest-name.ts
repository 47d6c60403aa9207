/**
 * The known name that `name` was probably meant to be: equal but for case and
 * separators, or the one with the fewest edits if they are at most a third of
 * its length, or the only one that ends in it. Undefined when none is near.
 */
export function nearestName(name: string, known: Iterable<string>): string | undefined {
  return createNameIndex(known)(name);
}

/**
 * The same for many names that are looked for among the same known ones, which are gone through
 * once.
 */
export function createNameIndex(known: Iterable<string>): (name: string) => string | undefined {
  let folded: ReadonlyMap<string, string> | undefined;
  return (name) => {
    folded ??= foldAll(known);
    const plain = fold(name);
    const same = folded.get(plain);
    if (same !== undefined || plain === "" || plain.length > longestName || folded.size > maxNames)
      return same;
    return nearestOf(plain, folded);
  };
}

/** The first name of each folded form, by that form. */
function foldAll(known: Iterable<string>): ReadonlyMap<string, string> {
  const folded = new Map<string, string>();
  for (const name of known) {
    const plain = fold(name);
    if (!folded.has(plain)) folded.set(plain, name);
  }
  return folded;
}

function nearestOf(plain: string, folded: ReadonlyMap<string, string>): string | undefined {
  let nearest: { readonly name: string; readonly edits: number } | undefined;
  for (const [candidate, name] of folded) {
    const allowed = Math.max(1, Math.floor(Math.max(plain.length, name.length) / 3));
    // As many edits are needed as the lengths differ.
    if (Math.abs(candidate.length - plain.length) > allowed) continue;
    const edits = countEdits(plain, candidate);
    if (edits <= allowed && edits < (nearest?.edits ?? Number.POSITIVE_INFINITY))
      nearest = { name, edits };
  }
  if (nearest !== undefined) return nearest.name;
  const endings = [...folded.values()].filter((name) => name.toLowerCase().endsWith(`_${plain}`));
  return endings.length === 1 ? endings[0] : undefined;
}

/** Longer names are not compared: nobody mistypes them, and the work grows with the square. */
const longestName = 64;

/**
 * Among more names only equal ones are found: a file with thousands of mistakes must not take
 * minutes.
 */
const maxNames = 500;

function fold(name: string): string {
  return name.toLowerCase().replaceAll(/[-_. ]/g, "");
}

/**
 * Insertions, deletions, substitutions and swaps of neighbours between two texts (optimal string
 * alignment).
 */
function countEdits(left: string, right: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: right.length + 1 }, (_, index) => index);
  for (let row = 1; row <= left.length; row++) {
    const current = [row];
    for (let column = 1; column <= right.length; column++) {
      const cost = left[row - 1] === right[column - 1] ? 0 : 1;
      const swapped =
        row > 1 &&
        column > 1 &&
        left[row - 1] === right[column - 2] &&
        left[row - 2] === right[column - 1];
      current[column] = Math.min(
        at(last, column) + 1,
        at(current, column - 1) + 1,
        at(last, column - 1) + cost,
        swapped ? at(beforeLast, column - 2) + 1 : Number.POSITIVE_INFINITY,
      );
    }
    beforeLast = last;
    last = current;
  }
  return at(last, right.length);
}

function at(row: readonly number[], index: number): number {
  return row[index] ?? Number.POSITIVE_INFINITY;
}
