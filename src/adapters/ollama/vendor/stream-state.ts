/** What is known of a stream between two lines. Never changed in place. */
export interface StreamState {
  readonly started: boolean;
  /** The line with `done: true` was seen. */
  readonly ended: boolean;
  /** The number of the next part. */
  readonly parts: number;
  /** The part that grows: of what kind the latest was. Tools and pictures come whole. */
  readonly open: "text" | "reasoning" | undefined;
  readonly toolCalls: boolean;
}

/** The state before the first line. */
export function begin(): StreamState {
  return { started: false, ended: false, parts: 0, open: undefined, toolCalls: false };
}
