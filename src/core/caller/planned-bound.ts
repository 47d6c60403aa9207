/** A limit or a budget that a call would be held to, and what it would leave. */
export interface PlannedBound {
  /** Whose it is, in words: `key dev`. */
  readonly owner: string;
  /** What it allows, in words: `60 requests a minute`, `20.00 USD`. */
  readonly allows: string;
  /** What is used and held now, what the call would hold, and what would remain: numbers as texts. */
  readonly used: string;
  readonly holds: string;
  readonly remains: string;
}
