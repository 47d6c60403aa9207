/**
 * A text as both databases take it. PostgreSQL has no NUL and no half characters in texts: they
 * become U+FFFD, in SQLite too, so that both keep and find the same.
 */
export function storableText(text: string): string {
  const whole = text.toWellFormed();
  return whole.includes("\0") ? whole.replaceAll("\0", "\uFFFD") : whole;
}

/** A parameter of a statement as both databases take it. Truths become 0 and 1. */
export function storable(value: unknown): unknown {
  if (typeof value === "string") return storableText(value);
  return typeof value === "boolean" ? BigInt(value) : value;
}
