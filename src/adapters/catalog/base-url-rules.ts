import { type DialectName, dialects } from "../registry.ts";

/** What people write at the end of a base URL although the dialect appends it itself. */
export interface BaseUrlRule {
  /** Ends that name an operation: they are refused. */
  readonly operations: readonly string[];
  /** A version: it is taken off. */
  readonly ownVersion: RegExp;
}

const noVersion = /(?!)/;

/** The rule of a dialect. */
export function baseUrlRule(dialect: DialectName): BaseUrlRule {
  const { operationEnds, ownVersion = noVersion } = dialects[dialect];
  return { operations: operationEnds, ownVersion };
}
