/** What an amount is counted over. */
export type Span =
  /** What was taken in the last so many milliseconds, as exactly as a twentieth of them. */
  | { readonly kind: "sliding"; readonly ms: number }
  /**
   * What was taken since a time and until another, in milliseconds since 1970. From 0 to Infinity:
   * ever. What has a later start begins at 0.
   */
  | { readonly kind: "period"; readonly startMs: number; readonly endMs: number };

/** How much may be taken of something. */
export interface Bound {
  /** What is counted, the same for all that take of it together, such as `key\ndev\nrequests`. */
  readonly scope: string;
  readonly span: Span;
  /** As much may be taken, at least 0. Whole numbers up to 2^53 are exact. */
  readonly limit: number;
  /**
   * What holds where gateways share counts and cannot reach them: this gateway's share of what is
   * left (SHARE, the default), or nothing may be taken (DENY).
   */
  readonly onSilence?: "SHARE" | "DENY";
}

/** An amount that is expected to be taken of a bound. 0: nothing, but it is settled later. */
export interface Portion {
  readonly bound: Bound;
  readonly amount: number;
}

/** Amounts that are held until they are settled, once. */
export interface Lease {
  readonly ok: true;
  /** What was used of each bound when they were taken, these included, in their order. */
  readonly used: readonly number[];
  /**
   * Says what was really taken, in the order of the portions; undefined: as much as expected. More
   * than was expected counts too, also beyond a limit. Further calls do nothing.
   */
  settle(taken: readonly (number | undefined)[]): void;
}

/** One of the bounds has no room, and nothing of any of them was taken. */
export interface Refusal {
  readonly ok: false;
  /** Which of the portions has none. */
  readonly at: number;
  /** What is used of its bound. */
  readonly used: number;
  /** How long until there may be room, in milliseconds. Undefined: there never is for so much. */
  readonly freeInMs: number | undefined;
  /** Whether the counts that gateways share cannot be reached, and the bound is then closed. */
  readonly silent?: true;
}

/**
 * Takes amounts of several bounds in one step, all of them or none: over all threads of the
 * gateway, and over all gateways where they share their counts. Never more than a limit is held and
 * taken of it, unless a settlement says that more was taken than was expected.
 */
export interface Reservations {
  /**
   * Takes the portions. At once without a Redis; with one its answer is waited for until it is
   * known to be down or slow. `waiter`: the call that waits, such as its `trace`, of which all
   * steps together wait no longer than 50 ms.
   */
  reserve(
    portions: readonly Portion[],
    waiter?: object,
  ): Lease | Refusal | Promise<Lease | Refusal>;
  /** What is used of a bound and held, as far as this gateway knows. Never waits. */
  used(bound: Bound): number;
  /** What was taken of a bound, without what is held; of what slides both are one. Never waits. */
  taken(bound: Bound): number;
  /**
   * Says what was taken of a period before the gateway began, as its ledger has it; of what slides,
   * what was taken about a time, in milliseconds since 1970. What is known to be more stays.
   */
  seed(bound: Bound, taken: number, takenMs?: number): void;
}
