/** A name with one `*`, which stands for one character or more. */
export interface NamePattern {
  readonly prefix: string;
  readonly suffix: string;
}

/** The pattern that a name is; undefined where it has no `*`, or more than one. */
export function parsePattern(name: string): NamePattern | undefined {
  const at = name.indexOf("*");
  if (at === -1 || name.indexOf("*", at + 1) !== -1) return undefined;
  return { prefix: name.slice(0, at), suffix: name.slice(at + 1) };
}

/** Whether a name stands for others. No model is called so. */
export function isWildcard(name: string): boolean {
  return name.includes("*");
}

/** What the `*` of a pattern stands for in a name; undefined where the name does not fit. */
export function capture({ prefix, suffix }: NamePattern, name: string): string | undefined {
  const end = name.length - suffix.length;
  const fits = end > prefix.length && name.startsWith(prefix) && name.endsWith(suffix);
  return fits ? name.slice(prefix.length, end) : undefined;
}

/** A text with what was captured in place of its `*`; one without a `*` as it is. */
export function fill(text: string, captured: string): string {
  const at = text.indexOf("*");
  return at === -1 ? text : text.slice(0, at) + captured + text.slice(at + 1);
}

/** Finds the pattern that a name fits. */
export interface PatternTable<T> {
  /**
   * The value of the pattern with the longest text before its `*`, then after it; undefined where
   * none fits. The time depends on the patterns of one beginning, not on all.
   */
  find(name: string): { readonly value: T; readonly captured: string } | undefined;
}

/** Makes a table of names that are patterns; others are left out. Names must be unique. */
export function createPatternTable<T>(entries: Iterable<readonly [string, T]>): PatternTable<T> {
  const byPrefix = new Map<string, (readonly [NamePattern, T])[]>();
  for (const [name, value] of entries) {
    const pattern = parsePattern(name);
    if (pattern === undefined) continue;
    const same = byPrefix.get(pattern.prefix);
    if (same === undefined) byPrefix.set(pattern.prefix, [[pattern, value]]);
    else same.push([pattern, value]);
  }
  for (const same of byPrefix.values())
    same.sort(([one], [other]) => other.suffix.length - one.suffix.length);
  const lengths = [...new Set([...byPrefix.keys()].map(({ length }) => length))];
  lengths.sort((one, other) => other - one);
  return {
    find(name) {
      if (isWildcard(name)) return undefined;
      for (const length of lengths) {
        for (const [pattern, value] of byPrefix.get(name.slice(0, length)) ?? []) {
          const captured = capture(pattern, name);
          if (captured !== undefined) return { value, captured };
        }
      }
      return undefined;
    },
  };
}

/** A set of names, some of which may be patterns. */
export interface NameSet {
  /** Whether it holds the name, or a pattern that the name fits. */
  has(name: string): boolean;
}

/** Makes the set of the names. */
export function createNameSet(names: readonly string[]): NameSet {
  const exact = new Set(names);
  if (!names.some(isWildcard)) return exact;
  const patterns = createPatternTable(names.map((name) => [name, true] as const));
  return { has: (name) => exact.has(name) || patterns.find(name) !== undefined };
}
