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

/** How clients of a dialect read what limits leave. */
export interface RateWords {
  /** What the names of the headers begin with. */
  readonly prefix: string;
  /** Name, value, name, value. `nowUnixS`: seconds since 1970. */
  headers(rates: RateFacts, nowUnixS: number): readonly string[];
}
