/** What limits leave to a caller: of requests and of tokens the tightest. Absent: unbounded. */
export interface RateFacts {
  readonly requests?: RateFact;
  readonly tokens?: RateFact;
}

/** What a limit leaves to a caller. */
export interface RateFact {
  readonly limit: number;
  readonly remaining: number;
  /** How long until all of it is free again, in milliseconds. */
  readonly resetMs: number;
}
