/** How one exchange went. */
export interface Outcome {
  /** The reply says success: HTTP 200, and for gRPC status 0. */
  readonly ok: boolean;
  /** Bytes of body that came, framing of chunked transfer included. */
  readonly bytes: number;
  /**
   * From sending to the first bytes of answer text, in milliseconds; NaN if none came or none was
   * looked for.
   */
  readonly firstTokenMs: number;
  /** The body, when asked for with `keepBody`. */
  readonly body: string;
}

/** One caller: it has at most one request under way. */
export interface Lane {
  /**
   * Sends the prepared request and waits for the whole reply. Rejects when the connection breaks.
   */
  exchange(): Promise<Outcome>;
  close(): void;
}

/** What a lane looks for in replies; each costs the load generator time, so none is the default. */
export interface LaneOptions {
  /** Note when the first answer text comes. Default false. */
  readonly watchFirstToken?: boolean;
  /** Give the reply's body in the outcome. Default false. */
  readonly keepBody?: boolean;
}

/** A request made ready once, to be sent many times. */
export interface PreparedRequest {
  readonly protocol: "http1" | "http2";
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
}

/**
 * Answer text of the upstream, whatever dialect it is wrapped in; it occurs nowhere else in a
 * reply.
 */
export const answerText = "xxxx";
