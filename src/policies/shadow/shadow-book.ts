import { ShadowSkipReason } from "../../../gen/parlance/admin/v1/shadow_pb.js";
import type { ErrorReason } from "../../../gen/parlance/error/v1/error_reason_pb.js";
import type { ConfiguredShadow } from "../../config/settings.ts";
import type { Bound, Reservations } from "../../state/reserve/reservations.ts";
import {
  type GroupSums,
  type Numbers,
  ownSums,
  type SharedTallies,
  type ShareTallies,
  type TallyGroup,
} from "../../state/shared-tallies.ts";
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
  readonly allGateways: boolean;
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

/** A shadow with the bounds of its copies. */
export type BoundedShadow = KnownShadow &
  Pick<ConfiguredShadow, "maxConcurrent" | "maxNanoUsdPerDay" | "maxUnpricedPerDay">;

/**
 * What is known of shadows: counts, the money of the day and the copies at once, for all threads of
 * the gateway and those that it shares with, and the last comparisons of its own. It outlives
 * reloads for as long as a shadow stays as it is; the money of a day is not there anew after a
 * change.
 */
export interface ShadowBook {
  /** What bounds what this gateway keeps of calls and copies at once. */
  slots(shadow: KnownShadow): Slots;
  skipped(shadow: KnownShadow, reason: ShadowSkipReason): void;
  compared(shadow: KnownShadow, diff: Diff): void;
  /**
   * Takes the place of one more copy, with its money of today in nano-USD; undefined: it has no
   * price, and is one of those that may go without. Gives why not, where there is none.
   */
  reserve(
    shadow: BoundedShadow,
    nanoUsd: bigint | undefined,
  ): Promise<Reserve | { readonly refused: ShadowSkipReason }>;
  counts(shadow: BoundedShadow): Promise<ShadowCounts>;
  /** The last comparisons, newest first. */
  recent(shadow: KnownShadow): readonly Diff[];
  /** Forgets every shadow but these. */
  keep(shadows: readonly KnownShadow[]): void;
  close(): void;
}

/** The place of a copy, and money that was set aside. */
export interface Reserve {
  /** Gives the place back, and puts what was spent where it was set aside. Once. */
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
/** Changes with each count. */
const changes = 31;
const skips = 32;
const maxSkip = 32;

interface Entry {
  readonly counts: Tally;
  readonly slots: Slots;
  readonly recent: Diff[];
  readonly group: TallyGroup;
}

/** What the book is made of. */
export interface ShadowBookOptions {
  readonly state: State;
  readonly shareTallies: ShareTallies;
  /** What is held and taken of the bounds of copies. */
  readonly reservations: Reservations;
  /** The time of day in milliseconds since 1970. */
  readonly wallMs: () => number;
}

/** Makes a book over what threads and gateways share. */
export function createShadowBook(options: ShadowBookOptions): ShadowBook {
  const { state, wallMs, shareTallies } = options;
  const { tallies } = state;
  const entries = new Map<string, Entry>();
  let notices: Notices<Sent> | undefined;
  let shared: SharedTallies | undefined;
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
    const group = {
      name: key,
      sinceMs: counts.get(since),
      tallies: [counts],
      changes: () => counts.get(changes),
    };
    const entry = { counts, slots: state.slots(key), recent: [], group };
    entries.set(key, entry);
    return entry;
  };
  return {
    slots: (shadow) => open(shadow).slots,
    skipped(shadow, reason) {
      const { counts } = open(shadow);
      counts.add(skips + reason, 1);
      counts.add(changes, 1);
    },
    compared(shadow, diff) {
      const entry = open(shadow);
      count(entry.counts, diff);
      entry.counts.add(changes, 1);
      remember(entry, diff);
      notices?.send({ key: keyOf(shadow), diff });
    },
    reserve: (shadow, nanoUsd) => reserveCopy(options, shadow, nanoUsd),
    async counts(shadow) {
      const { group } = open(shadow);
      const sums = await (shared?.sum(group) ?? ownSums(group));
      return readCounts(sums, await spentToday(options, shadow));
    },
    recent: (shadow) => open(shadow).recent,
    keep(shadows) {
      const groups = shadows.map((shadow) => open(shadow).group);
      if (groups.length > 0) shared ??= shareTallies("shadows");
      shared?.keep(groups);
      const names = new Set(shadows.map(keyOf));
      for (const key of entries.keys()) {
        if (names.has(key)) continue;
        entries.delete(key);
        tallies.drop(key);
      }
    },
    close: () => shared?.close(),
  };
}

async function reserveCopy(
  { reservations, wallMs }: ShadowBookOptions,
  shadow: BoundedShadow,
  nanoUsd: bigint | undefined,
): Promise<Reserve | { readonly refused: ShadowSkipReason }> {
  const priced = nanoUsd !== undefined;
  const held = await reservations.reserve([
    { bound: placesOf(shadow), amount: 1 },
    priced
      ? { bound: moneyOf(shadow, wallMs()), amount: Number(nanoUsd) }
      : { bound: unpricedOf(shadow, wallMs()), amount: 1 },
  ]);
  if (held.ok) return { settle: (paid) => held.settle([0, priced ? Number(paid) : 1]) };
  if (held.at === 0) return { refused: ShadowSkipReason.BUSY };
  return { refused: priced ? ShadowSkipReason.MONEY : ShadowSkipReason.UNPRICED };
}

/** In nano-USD. To take nothing tells what all gateways have taken. */
async function spentToday(
  { reservations, wallMs }: ShadowBookOptions,
  shadow: BoundedShadow,
): Promise<number> {
  const bound = moneyOf(shadow, wallMs());
  const held = await reservations.reserve([{ bound, amount: 0 }]);
  if (!held.ok) return held.used;
  held.settle([0]);
  return held.used[0] ?? 0;
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

/** Copies at once, of all gateways. */
function placesOf({ of, maxConcurrent: limit }: BoundedShadow): Bound {
  const span = { kind: "period", startMs: 0, endMs: Number.POSITIVE_INFINITY } as const;
  return { scope: `shadow\n${of}\nplaces`, span, limit };
}

/** Money of a day, in nano-USD. */
function moneyOf({ of, maxNanoUsdPerDay }: BoundedShadow, nowMs: number): Bound {
  return { scope: `shadow\n${of}\nmoney`, span: dayOf(nowMs), limit: Number(maxNanoUsdPerDay) };
}

/** Copies of a day whose price is not known. */
function unpricedOf({ of, maxUnpricedPerDay: limit }: BoundedShadow, nowMs: number): Bound {
  return { scope: `shadow\n${of}\nunpriced`, span: dayOf(nowMs), limit };
}

function dayOf(nowMs: number): Bound["span"] {
  const startMs = Math.floor(nowMs / dayMs) * dayMs;
  return { kind: "period", startMs, endMs: startMs + dayMs };
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

function readCounts(sums: GroupSums, spentTodayNanoUsd: number): ShadowCounts {
  const { sinceMs, allGateways, tallies } = sums;
  const tally: Numbers = tallies[0] ?? { get: () => 0 };
  const get = (place: Place): number => tally.get(1 + places.indexOf(place));
  const found: (readonly [ShadowSkipReason, number])[] = [];
  for (let reason: ShadowSkipReason = ShadowSkipReason.UNSPECIFIED; reason < maxSkip; reason += 1) {
    const times = tally.get(skips + reason);
    if (times > 0) found.push([reason, times]);
  }
  return {
    sinceMs,
    allGateways,
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
    spentTodayNanoUsd,
  };
}
