/**
 * Something that whoever runs the gateway should hear of beside calls: a line of the log. It holds
 * no secrets and no content.
 */
export interface Notice {
  /** What happened, such as `circuit_opened`: letters in lower case and underscores. */
  readonly event: string;
  /** The same in a sentence. */
  readonly message: string;
  /**
   * `error`: somebody should act, or records are lost; `info`: what works again, and what operators
   * did. Default: `warn`.
   */
  readonly level?: "error" | "warn" | "info";
  /** What it is about, such as `target`. */
  readonly details?: Readonly<Record<string, string | number>>;
}
