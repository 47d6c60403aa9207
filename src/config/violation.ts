/** Something about a config file that its author should know. */
export interface Violation {
  /**
   * The field, in the file's own spelling: `providers.openai.api_key`, `models[0].name`. Empty for
   * the file as a whole.
   */
  readonly path: string;
  /** From 1. */
  readonly line: number;
  /** From 1. */
  readonly column: number;
  /** What is wrong, in plain words. Never contains a secret. */
  readonly message: string;
  /** What to do about it; "" when the message says it all. */
  readonly hint: string;
  /** A stable name of the rule: `unknown_field`, `secret_unset`, `string.max_len`. */
  readonly ruleId: string;
}

/** One line for people and editors: `file:line:col: path: message (hint)`. */
export function printViolation(filename: string, violation: Violation): string {
  const { line, column, path, message, hint } = violation;
  const subject = path === "" ? "" : `${path}: `;
  return `${filename}:${line}:${column}: ${subject}${message}${hint === "" ? "" : ` (${hint})`}`;
}
