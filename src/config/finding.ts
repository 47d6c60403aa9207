/** A violation before its place in the file is known. */
export interface Finding {
  /** The field, in the file's own spelling. */
  readonly path: string;
  readonly message: string;
  /**
   * "" when the message says it all. A function is called only if the finding is among the first
   * that are shown.
   */
  readonly hint: string | (() => string);
  readonly ruleId: string;
  /** Characters before the place in the text, when it is not the place of `path`. */
  readonly offset?: number;
}

/** Takes note of a finding. */
export type Report = (finding: Finding) => void;
