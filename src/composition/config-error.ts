import { printViolation, type Violation } from "../config/violation.ts";

/**
 * A configuration that cannot be used. The message has one line `file:line:col: field: what is
 * wrong (what to do)` for each violation.
 */
export class ConfigError extends Error {
  /** Sorted by line; at least one. */
  readonly violations: readonly Violation[];

  constructor(filename: string, violations: readonly Violation[]) {
    super(violations.map((violation) => printViolation(filename, violation)).join("\n"));
    this.name = "ConfigError";
    this.violations = violations;
  }
}
