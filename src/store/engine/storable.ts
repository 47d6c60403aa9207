/**
 * A parameter of a statement as both databases take it. PostgreSQL has no NUL and no half
 * characters in texts: they become U+FFFD, in SQLite too, so that both keep and find the same.
 * Truths become 0 and 1.
 */
export function storable(value: unknown): unknown {
  if (typeof value === "boolean") return BigInt(value);
  if (typeof value !== "string") return value;
  const whole = value.toWellFormed();
  return whole.includes("\0") ? whole.replaceAll("\0", "\uFFFD") : whole;
}
