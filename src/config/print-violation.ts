import type { Violation } from "./violation.ts";

/** One line for people and editors: `file:line:col: path: message (hint)`. */
export function printViolation(filename: string, violation: Violation): string {
  const { line, column, path, message, hint } = violation;
  const subject = path === "" ? "" : `${path}: `;
  return `${filename}:${line}:${column}: ${subject}${message}${hint === "" ? "" : ` (${hint})`}`;
}
