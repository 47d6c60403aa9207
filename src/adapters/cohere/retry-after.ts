/** A year: what the contract holds at most. */
const MAX_MS = 31_536_000_000;

/**
 * How long the vendor asks to wait, in milliseconds: `retry-after` in seconds or as a date (RFC 9110 10.2.3), which counts
 * from the reply's own `date`, because there is no clock here. Undefined when there is none that makes sense.
 */
export function readRetryAfter(headers: Readonly<Record<string, string>>): number | undefined {
  const text = headers["retry-after"]?.trim();
  if (text === undefined || text === "") return undefined;
  const seconds = /^\d+(?:\.\d+)?$/.test(text) ? Number(text) : undefined;
  const wait = seconds === undefined ? Date.parse(text) - Date.parse(headers.date ?? "") : seconds * 1000;
  return Number.isFinite(wait) ? Math.min(MAX_MS, Math.max(0, Math.ceil(wait))) : undefined;
}
