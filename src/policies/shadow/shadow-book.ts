import { ShadowSkipReason } from "../../../gen/parlance/admin/v1/shadow_pb.js";
import type { ErrorReason } from "../../../gen/parlance/error/v1/error_reason_pb.js";
import type { ConfiguredShadow } from "../../config/settings.ts";
import type { Notices, Slots, State, Tally } from "../../state/state.ts";
import type { Comparison } from "./compare-answers.ts";

/** A shadow of the settings as far as it is known by. */
export type KnownShadow = Pick<ConfiguredShadow, "of" | "version">;

/** A call and its copy. */
export interface Diff {
  readonly callId: string;
  /** When the copy ended, in milliseconds since 1970. */
  readonly atMs: number;
  /** As `provider/model`. */
  readonly target: string;
  /** "" where nobody was called. */
  readonly copyTarget: string;
  /** Undefined: the copy was answered whole. */
  readonly error: ErrorReason | undefined;
  readonly comparison: Comparison | undefined;
  readonly latencyMs: number;
  readonly copyLatencyMs: number;
  readonly costNanoUsd: bigint | undefined;
  readonly copyCostNanoUsd: bigint | undefined;
  readonly texts: Texts | undefined;
}

/** What was said, cut. */
export interface Texts {
  readonly prompt: string;
  readonly answer: string;
  readonly copy: string;
}

/** The sums of a shadow. */
export interface ShadowCounts {
  readonly sinceMs: number;
  readonly copies: number;
  readonly errors: number;
  readonly skips: readonly (readonly [reason: ShadowSkipReason, count: number])[];
  readonly compared: number;
  readonly equalTexts: number;
  readonly similarity: number;
  readonly toolPairs: number;
  readonly equalToolCalls: number;
  readonly schemaPairs: number;
  readonly validAnswers: number;
  readonly validCopies: number;
  readonly latencyMs: number;
  readonly copyLatencyMs: number;
  readonly pricedPairs: number;
  readonly costNanoUsd: number;
  readonly copyCostNanoUsd: number;
  readonly spentTodayNanoUsd: number;
}

/**
 * What is known of shadows, for all threads of the gateway: counts, the money of the day, and the
 * last comparisons. It outlives reloads for as long as a shadow stays as it is.
 */
export interface ShadowBook {
  /** What bounds the copies at once. */
  slots(shadow: KnownShadow): Slots;
  skipped(shadow: KnownShadow, reason: ShadowSkipReason): void;
  compared(shadow: KnownShadow, diff: Diff): void;
  /** Sets money of today aside, in nano-USD; undefined where it would be more than `max`. */
  reserve(shadow: KnownShadow, nanoUsd: bigint, max: bigint): Reserve | undefined;
  /** Whether one more call of today may go without a price. */
  takeUnpriced(shadow: KnownShadow, max: number): boolean;
  counts(shadow: KnownShadow): ShadowCounts;
  /** The last comparisons, newest first. */
  recent(shadow: KnownShadow): readonly Diff[];
  /** Forgets every shadow but these. */
  keep(shadows: readonly KnownShadow[]): void;
}

/** Money that was set aside. */
export interface Reserve {
  /** Puts what was spent in its place. Once. */
  settle(nanoUsd: bigint): void;
}

/** As many of the last comparisons are kept of each shadow. */
const kept = 50;
const dayMs = 86_400_000;

// The places of a tally.
const since = 0;
const places = [
  "copies",
  "errors",
  "compared",
  "equalTexts",
  "similarity",
  "toolPairs",
  "equalToolCalls",
  "schemaPairs",
  "validAnswers",
  "validCopies",
  "latencyMs",
  "copyLatencyMs",
  "pricedPairs",
  "costNanoUsd",
  "copyCostNanoUsd",
] as const satisfies readonly (keyof ShadowCounts)[];
type Place = (typeof places)[number];
const skips = 32;
const maxSkip = 32;
// Those of a day's tally.
const spent = 0;
const unpriced = 1;

interface Entry {
  readonly counts: Tally;
  readonly slots: Slots;
  readonly recent: Diff[];
  day: string;
}

/** What the book is made of. */
export interface ShadowBookOptions {
  readonly state: State;
  /** The time of day in milliseconds since 1970. */
  readonly wallMs: () => number;
}

/** Makes a book over what threads share. */
export function createShadowBook({ state, wallMs }: ShadowBookOptions): ShadowBook {
  const { tallies } = state;
  const entries = new Map<string, Entry>();
  let notices: Notices<Sent> | undefined;
  const open = (shadow: KnownShadow): Entry => {
    const key = keyOf(shadow);
    const known = entries.get(key);
    if (known !== undefined) return known;
    notices ??= state.notices<Sent>("shadow", (sent) => {
      const entry = entries.get(sent.key);
      if (entry !== undefined) remember(entry, sent.diff);
    });
    const counts = tallies.open(key);
    if (counts.get(since) === 0) counts.set(since, wallMs());
    const entry = { counts, slots: state.slots(key), recent: [], day: "" };
    entries.set(key, entry);
    return entry;
  };
  /** The tally of today; that of the day before makes room. */
  const today = (shadow: KnownShadow): Tally => {
    const entry = open(shadow);
    const name = `${keyOf(shadow)}\0${Math.floor(wallMs() / dayMs)}`;
    if (entry.day !== "" && entry.day !== name) tallies.drop(entry.day);
    entry.day = name;
    return tallies.open(name);
  };
  return {
    slots: (shadow) => open(shadow).slots,
    skipped: (shadow, reason) => open(shadow).counts.add(skips + reason, 1),
    compared(shadow, diff) {
      const entry = open(shadow);
      count(entry.counts, diff);
      remember(entry, diff);
      notices?.send({ key: keyOf(shadow), diff });
    },
    reserve(shadow, nanoUsd, max) {
      const day = today(shadow);
      const amount = Number(nanoUsd);
      day.add(spent, amount);
      if (day.get(spent) <= Number(max))
        return { settle: (paid) => day.add(spent, Number(paid) - amount) };
      day.add(spent, -amount);
      return undefined;
    },
    takeUnpriced(shadow, max) {
      const day = today(shadow);
      day.add(unpriced, 1);
      if (day.get(unpriced) <= max) return true;
      day.add(unpriced, -1);
      return false;
    },
    counts: (shadow) => readCounts(open(shadow).counts, today(shadow)),
    recent: (shadow) => open(shadow).recent,
    keep(shadows) {
      const names = new Set(shadows.map(keyOf));
      for (const [key, { day }] of entries) {
        if (names.has(key)) continue;
        entries.delete(key);
        tallies.drop(key);
        tallies.drop(day);
      }
      for (const shadow of shadows) open(shadow);
    },
  };
}

/** What threads tell each other. */
interface Sent {
  readonly key: string;
  readonly diff: Diff;
}

function remember({ recent }: Entry, diff: Diff): void {
  recent.unshift(diff);
  if (recent.length > kept) recent.pop();
}

function keyOf({ of, version }: KnownShadow): string {
  return `shadow\0${of}\0${version}`;
}

function count(tally: Tally, diff: Diff): void {
  const add = (place: Place, by = 1): void => tally.add(1 + places.indexOf(place), by);
  add("copies");
  if (diff.error !== undefined) add("errors");
  const { comparison, costNanoUsd, copyCostNanoUsd } = diff;
  if (comparison === undefined) return;
  add("compared");
  if (comparison.textEqual) add("equalTexts");
  add("similarity", comparison.textSimilarity);
  if (comparison.toolCallsEqual !== undefined) add("toolPairs");
  if (comparison.toolCallsEqual === true) add("equalToolCalls");
  if (comparison.valid !== undefined && comparison.copyValid !== undefined) {
    add("schemaPairs");
    if (comparison.valid) add("validAnswers");
    if (comparison.copyValid) add("validCopies");
  }
  add("latencyMs", diff.latencyMs);
  add("copyLatencyMs", diff.copyLatencyMs);
  if (costNanoUsd === undefined || copyCostNanoUsd === undefined) return;
  add("pricedPairs");
  add("costNanoUsd", Number(costNanoUsd));
  add("copyCostNanoUsd", Number(copyCostNanoUsd));
}

function readCounts(tally: Tally, day: Tally): ShadowCounts {
  const get = (place: Place): number => tally.get(1 + places.indexOf(place));
  const found: (readonly [ShadowSkipReason, number])[] = [];
  for (let reason: ShadowSkipReason = ShadowSkipReason.UNSPECIFIED; reason < maxSkip; reason += 1) {
    const times = tally.get(skips + reason);
    if (times > 0) found.push([reason, times]);
  }
  return {
    sinceMs: tally.get(since),
    skips: found,
    copies: get("copies"),
    errors: get("errors"),
    compared: get("compared"),
    equalTexts: get("equalTexts"),
    similarity: get("similarity"),
    toolPairs: get("toolPairs"),
    equalToolCalls: get("equalToolCalls"),
    schemaPairs: get("schemaPairs"),
    validAnswers: get("validAnswers"),
    validCopies: get("validCopies"),
    latencyMs: get("latencyMs"),
    copyLatencyMs: get("copyLatencyMs"),
    pricedPairs: get("pricedPairs"),
    costNanoUsd: get("costNanoUsd"),
    copyCostNanoUsd: get("copyCostNanoUsd"),
    spentTodayNanoUsd: day.get(spent),
  };
}
