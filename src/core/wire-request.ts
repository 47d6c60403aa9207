/** A request as a vendor gets it, without its credential. */
export interface WireRequest {
  readonly method: "POST" | "GET";
  /**
   * Scheme, host and port that the vendor named; `path` is then the whole path. Absent: the
   * provider's own base URL.
   */
  readonly origin?: string;
  /** Appended to the provider's base path, such as `/chat/completions`. Starts with `/`. */
  readonly path: string;
  /** Flat name, value, name, value; lower case. Without content-length, host and credentials. */
  readonly headers: readonly string[];
  readonly body: Uint8Array | string;
}
