import { printMembers } from "../../json/members.ts";

/**
 * Members of an answer that only its dialect has, while a stream tells them: the stream's own,
 * changed in place.
 */
export interface GrowingExtras {
  /** Each as JSON text; of a repeated member the last wins. */
  readonly members: Map<string, string>;
  /** How often they may still be emitted as they grow. */
  tellings: number;
  /** Whether members have come since they were emitted. */
  untold: boolean;
}

/**
 * How often what grows is emitted whole as it grows; after that once, at the end. More often, and a
 * stream would cost the square of its length.
 */
export const TELLINGS = 16;

/** None yet. */
export function createExtras(): GrowingExtras {
  return { members: new Map(), tellings: TELLINGS, untold: false };
}

/** Adds members. Returns all of them as an object's text where they are to be emitted now. */
export function addExtras(
  extras: GrowingExtras,
  added: readonly (readonly [key: string, text: string])[],
): string | undefined {
  for (const [key, text] of added) {
    if (extras.members.get(key) === text) continue;
    extras.members.set(key, text);
    extras.untold = true;
  }
  if (!extras.untold || extras.tellings === 0) return undefined;
  extras.tellings -= 1;
  return printExtras(extras);
}

/**
 * All members as an object's text where the last emission lacks some; undefined where it has all.
 */
export function takeUntold(extras: GrowingExtras): string | undefined {
  return extras.untold ? printExtras(extras) : undefined;
}

function printExtras(extras: GrowingExtras): string {
  extras.untold = false;
  return printMembers(extras.members);
}
