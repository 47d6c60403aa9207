/** Answers of one reply, at most: the contract's bound. */
export const MAX_CHOICES = 128;

/** Parts of one answer (texts, tool calls, reasonings, whatever stands beside them), at most. */
export const MAX_PARTS = 32_768;

/** Citations of one answer, at most. */
export const MAX_CITATIONS = 32_768;

/** The highest index of a summary of reasoning: the contract's bound. */
export const LAST_SUMMARY = 999;
