import { inspect } from "node:util";

/**
 * Secret text in memory. Every accidental way of showing it (string
 * concatenation, JSON, util.inspect) yields "[redacted]"; `reveal` is the one
 * deliberate way to the text, called where a header is written or compared.
 */
export interface SecretValue {
  /** The secret text itself, never empty. */
  reveal(): string;
  toString(): string;
  toJSON(): string;
}

/** What is shown in the place of a secret. */
export const redacted = "[redacted]";

/** Wraps secret text. The text is held in a closure, so no property enumerates it. */
export function createSecretValue(text: string): SecretValue {
  return Object.freeze({
    reveal: () => text,
    toString: () => redacted,
    toJSON: () => redacted,
    [inspect.custom]: () => redacted,
  });
}
