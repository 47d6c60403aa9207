/** Something that was found in a text. Places are in UTF-16 code units. */
export interface Finding {
  readonly start: number;
  /** The place behind it. */
  readonly end: number;
  /** What it is, in capital letters, such as `EMAIL`. */
  readonly kind: string;
  /** What MASK writes in its place for good, such as nothing for what nobody sees. Absent: a placeholder. */
  readonly replacement?: string;
}

/** What a text is a part of, for those that look at that too. */
export interface TextSource {
  /** The name of the tool whose arguments a text is. Absent: it is no arguments. */
  readonly tool?: string;
  /** The instructions of the call, which an answer may give away. Absent: there are none. */
  readonly instructions?: string;
}

/** Looks for something in texts, by itself. */
export interface Detector {
  /**
   * All that begins in a text at `from` or behind it, in order, none within or across another. What
   * is before `from`, which is 0 unless given, is only looked back at. Takes time linear in the
   * text. What is found depends on its own characters, `lookBehind` characters before it and the
   * one behind it alone, where there is `openFrom`.
   */
  readonly find: (text: string, from?: number, source?: TextSource) => readonly Finding[];
  /**
   * The place up to which nothing changes whatever follows a text that is not over: of what begins
   * at `from` or behind it, all that ends before or at this place is found already, and nothing
   * else begins before it. It is not before `from`. Absent: only the whole text says what is found
   * in it.
   *
   * A stream is looked at piece by piece: what begins before the last open place is settled, the
   * `lookBehind` characters before that place are kept, and it is the next `from`.
   */
  readonly openFrom?: (text: string, from?: number, source?: TextSource) => number;
  /** From 0 to 256. */
  readonly lookBehind: number;
  /**
   * What looks in its place at what stands beside the words of an answer, such as citations and
   * members of the vendor, which cannot be what the words have to be. Absent: it does.
   */
  readonly beside?: Detector | "nothing";
}

/** Looks for all that several detectors find. Of findings that overlap the earlier, longer one counts. */
export function joinDetectors(detectors: readonly Detector[]): Detector {
  const [only] = detectors;
  if (only !== undefined && detectors.length === 1) return only;
  const all: Detector["find"] = (text, from, source) =>
    detectors.flatMap(({ find }) => find(text, from, source));
  const opens = detectors.flatMap(({ openFrom }) => openFrom ?? []);
  return {
    find: (text, from, source) => withoutOverlaps(all(text, from, source)),
    lookBehind: Math.max(0, ...detectors.map(({ lookBehind }) => lookBehind)),
    ...(opens.length < detectors.length
      ? undefined
      : {
          openFrom: (text, from, source) => {
            let open = text.length;
            for (const openFrom of opens) open = Math.min(open, openFrom(text, from, source));
            return beforeCrossing(all(text, from, source), open);
          },
        }),
  };
}

/** The last place up to another that none of the findings crosses. */
export function beforeCrossing(findings: readonly Finding[], place: number): number {
  let before = place;
  for (const { start, end } of findings.toSorted((one, other) => other.start - one.start))
    if (start < before && end > before) before = start;
  return before;
}

/** Findings in order, each of which begins behind the end of the one before. */
export function withoutOverlaps(findings: readonly Finding[]): readonly Finding[] {
  if (findings.length < 2) return findings;
  const sorted = findings.toSorted((one, other) => one.start - other.start || other.end - one.end);
  const kept: Finding[] = [];
  let end = 0;
  for (const finding of sorted) {
    if (finding.start < end) continue;
    kept.push(finding);
    end = finding.end;
  }
  return kept;
}
