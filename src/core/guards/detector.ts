/** Something that was found in a text. Places are in UTF-16 code units. */
export interface Finding {
  readonly start: number;
  /** The place behind it. */
  readonly end: number;
  /** What it is, in capital letters, such as `EMAIL`. */
  readonly kind: string;
}

/** Looks for something in texts, by itself. */
export interface Detector {
  /**
   * All that is in a text, in order, none within or across another. Takes time linear in the text.
   * What is found depends on its own characters, `lookBehind` characters before it and the one
   * behind it alone, where there is `openFrom`.
   */
  readonly find: (text: string) => readonly Finding[];
  /**
   * The place up to which nothing changes whatever follows a text that is not over: what ends
   * before or at it is found already, and nothing else begins before it. Absent: only the whole
   * text says what is found in it.
   */
  readonly openFrom?: (text: string) => number;
  /** From 0 to 256. */
  readonly lookBehind: number;
}

/** Looks for all that several detectors find. Of findings that overlap the earlier, longer one counts. */
export function joinDetectors(detectors: readonly Detector[]): Detector {
  const [only] = detectors;
  if (only !== undefined && detectors.length === 1) return only;
  const opens = detectors.flatMap(({ openFrom }) => openFrom ?? []);
  return {
    find: (text) => withoutOverlaps(detectors.flatMap(({ find }) => find(text))),
    lookBehind: Math.max(0, ...detectors.map(({ lookBehind }) => lookBehind)),
    ...(opens.length < detectors.length
      ? undefined
      : { openFrom: (text) => Math.min(...opens.map((openFrom) => openFrom(text))) }),
  };
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
