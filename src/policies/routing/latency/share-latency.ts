import type { SharedEntry, ShareEntries } from "../../../state/shared-entries.ts";
import { decayed } from "./peak-average.ts";

/**
 * What is measured of a target: the time to the first token of streams, the time of each token
 * after it, and the time of each token of answers that come whole.
 */
export type Measure = (typeof measures)[number];

const measures = ["firstToken", "token", "whole"] as const;

/** A value that was measured here, in milliseconds. */
export interface Measured {
  readonly measure: Measure;
  readonly ms: number;
  /** What was expected before; undefined: nothing. */
  readonly before: number | undefined;
}

/** Shares what this thread measures with other gateways. */
export interface SharedLatency {
  say(name: string, measured: Measured): void;
  close(): void;
}

/** Who hears of what others measured. */
export interface LatencyListener {
  /** The time of day in milliseconds since 1970. */
  readonly wallMs: () => number;
  readonly hear: (name: string, measure: Measure, ms: number) => void;
}

/** What was measured of a target is written once in so many milliseconds, unless it rises. */
const everyMs = 1_000;

/** A value that is so many times what was expected is written at once. */
const rise = 1.25;

/** What is older, in milliseconds, says nothing any more. */
const maxAgeMs = 60_000;

/** A value that no call can have taken, in milliseconds, is not believed. */
const maxMs = 86_400_000;

/** Targets that are remembered; beyond them all are forgotten. */
const maxTargets = 10_000;

/** The highest of each measure in the last second, and when the target is to be written again. */
interface Spoken {
  nextMs: number;
  readonly peaks: Partial<Record<Measure, Peak>>;
}

interface Peak {
  readonly ms: number;
  readonly atMs: number;
}

/**
 * Shares the highest value of each second, as the averages go by what is high. Only what was
 * measured here is written, and never what was heard, so that no gateway hears its own words.
 */
export function shareLatency(
  share: ShareEntries,
  { wallMs, hear }: LatencyListener,
): SharedLatency {
  const entries = share("latency", {
    isKept: ({ ageMs }) => ageMs < maxAgeMs,
    onEntry(entry) {
      for (const [measure, ms] of readEntry(entry)) hear(entry.name, measure, ms);
    },
  });
  const spoken = new Map<string, Spoken>();
  const open = (name: string): Spoken => {
    const known = spoken.get(name);
    if (known !== undefined) return known;
    if (spoken.size >= maxTargets) spoken.clear();
    const made: Spoken = { nextMs: 0, peaks: {} };
    spoken.set(name, made);
    return made;
  };
  return {
    say(name, { measure, ms, before }) {
      const one = open(name);
      const { peaks } = one;
      const nowMs = wallMs();
      if (ms >= whatIsLeft(peaks[measure], nowMs)) peaks[measure] = { ms, atMs: nowMs };
      if (nowMs < one.nextMs && before !== undefined && ms < before * rise) return;
      one.nextMs = nowMs + everyMs;
      // The others may not have read what was written before: what still holds is said again.
      entries.write(name, measures.map((each) => printPeak(peaks[each], nowMs)).join(" "));
    },
    close: () => entries.close(),
  };
}

function printPeak(peak: Peak | undefined, nowMs: number): string {
  const ms = whatIsLeft(peak, nowMs);
  return ms === 0 ? "-" : ms.toFixed(3);
}

/** What is left of a peak; 0 where it is older than a second. */
function whatIsLeft(peak: Peak | undefined, nowMs: number): number {
  if (peak === undefined || nowMs - peak.atMs > everyMs) return 0;
  return peak.ms * decayed(nowMs - peak.atMs);
}

/** What an entry says, less what has decayed of it since. */
function readEntry({ text, ageMs }: SharedEntry): readonly (readonly [Measure, number])[] {
  if (ageMs >= maxAgeMs) return [];
  const values = text.split(" ").map(Number);
  return measures.flatMap((measure, at) => {
    const ms = values[at] ?? Number.NaN;
    return ms >= 0 && ms <= maxMs ? [[measure, ms * decayed(ageMs)] as const] : [];
  });
}
