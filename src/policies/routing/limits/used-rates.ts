import type { Target } from "../../../core/target/target.ts";
import type { SharedEntry, ShareEntries } from "../../../state/shared-entries.ts";
import type { NumberRecord, Records } from "../../../state/state.ts";

/** Notes which targets have used up their rate at the vendor, by what its answers say. */
export interface UsedRates {
  /** The target is passed over for so many milliseconds, 60,000 at most. No failure is counted. */
  used(target: Target, waitMs: number): void;
  /** Ends what is shared with other gateways. */
  close(): void;
}

/** A target that is left alone though it has not failed. */
export interface UsedUp {
  readonly state: "used_up";
  /** When it may be called again, in milliseconds since 1970. */
  readonly untilMs: number;
}

/** What notes are made in, and whom they are shared with. */
export interface UsedRatesWorld {
  readonly records: Records;
  /** The time of day in milliseconds since 1970. */
  readonly wallMs: () => number;
  readonly share: ShareEntries;
}

/** The place in a target's record, behind the numbers of its circuit. */
const untilAt = 11;

/**
 * No answer keeps calls away for longer, in milliseconds: some vendors say when all of a rate is
 * free again, which is long after some of it is.
 */
export const maxWaitMs = 60_000;

/** The others hear of a time again that is later by so much, in milliseconds. */
const stepMs = 1_000;

/** Makes notes in the records of targets, which all threads share. */
export function createUsedRates({ records, wallMs, share }: UsedRatesWorld): UsedRates {
  const note = (name: string, waitMs: number): number => {
    const record = records.open(name);
    const before = record.get(untilAt);
    const untilMs = Math.round(wallMs() + Math.min(waitMs, maxWaitMs));
    if (untilMs > before) record.set(untilAt, untilMs);
    return untilMs - before;
  };
  const entries = share("used_rates", {
    isKept: (entry) => leftMs(entry) > 0,
    onEntry(entry) {
      if (leftMs(entry) > 0) note(entry.name, leftMs(entry));
    },
  });
  return {
    used({ provider, model }, waitMs) {
      if (!(waitMs > 0)) return;
      const name = `${provider}\n${model}`;
      if (note(name, waitMs) >= stepMs) entries.write(name, String(Math.min(waitMs, maxWaitMs)));
    },
    close: () => entries.close(),
  };
}

/** When the target of a record may be called again, in milliseconds since 1970; 0: now. */
export function usedUntilMs(record: NumberRecord): number {
  return record.get(untilAt);
}

/** Has the target called again. */
export function forgetUsed(record: NumberRecord): void {
  record.set(untilAt, 0);
}

function leftMs({ text, ageMs }: SharedEntry): number {
  const waitMs = Number(text);
  return waitMs > 0 && waitMs <= maxWaitMs ? waitMs - ageMs : 0;
}
