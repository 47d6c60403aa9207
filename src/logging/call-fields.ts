/** The members of the line of a call, in their order, but for those of `furtherFields`. */
const usualFields = [
  ...(["time", "level", "call_id", "operation", "stream", "model", "target", "status"] as const),
  ...(["reason", "detail", "duration_ms", "input_tokens", "output_tokens", "unpriced"] as const),
  ...([
    "cost_usd",
    "cost_estimated",
    "cache_saved_usd",
    "principal",
    "client",
    "rules",
    "guards",
  ] as const),
  ...(["arm", "cache", "prompt_cache_saved_nano_usd", "attempts", "first_token_ms"] as const),
  ...(["trail", "caller_gone"] as const),
] as const;

/** The members that a line has only where the config names them. They come last. */
export const furtherFields = [
  ...(["team", "end_user", "session", "tags", "client_dialect", "trace_id"] as const),
  ...(["overhead_ms", "queued_ms", "config_hash"] as const),
] as const;

/** Every member that the line of a call may have. */
export const callFields = [...usualFields, ...furtherFields] as const;

/** A member of the line of a call. */
export type CallField = (typeof callFields)[number];

/** Which members a line has. */
export interface WantedFields extends Readonly<Record<CallField, boolean>> {
  /** Whether any of `furtherFields` is among them. */
  readonly hasFurther: boolean;
}

/** Those of a list, or the usual ones for an empty one. */
export function wantedFields(names: readonly string[]): WantedFields {
  const chosen = new Set<string>(names.length === 0 ? usualFields : names);
  const wanted = Object.fromEntries(callFields.map((name) => [name, chosen.has(name)]));
  const hasFurther = furtherFields.some((name) => chosen.has(name));
  return { ...(wanted as Record<CallField, boolean>), hasFurther }; // each has been set
}
