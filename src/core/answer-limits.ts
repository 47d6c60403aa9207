import { type Fault, malformed } from "./fault.ts";

/** Answers of one reply, at most: the contract's bound. */
export const MAX_CHOICES = 128;

/** Parts of one answer (texts, tool calls, reasonings, whatever stands beside them), at most. */
export const MAX_PARTS = 32_768;

/** Citations of one answer, at most. */
export const MAX_CITATIONS = 32_768;

/** The highest index of a summary of reasoning: the contract's bound. */
export const LAST_SUMMARY = 999;

/** The fault of a reply that has more of something than it may; undefined where it has not. */
export function tooMany(count: number, most: number, what: string): Fault | undefined {
  return count <= most ? undefined : malformed(`the provider's answer has more than ${most} ${what}`);
}
