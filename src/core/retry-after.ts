/** A year: what the contract holds at most. */
const MAX_MS = 31_536_000_000;

/**
 * How long the server asks to wait, in milliseconds: `retry-after` in seconds or as a date (RFC 9110 10.2.3), which counts
 * from the reply's own `date`, because there is no clock here. Undefined where there is none that makes sense.
 */
export function readRetryAfter(headers: Readonly<Record<string, string>>): number | undefined {
  const text = headers["retry-after"]?.trim() ?? "";
  if (text === "") return undefined;
  const waitMs = /^\d+(?:\.\d+)?$/.test(text)
    ? Number(text) * 1000
    : Math.max(0, Date.parse(text) - Date.parse(headers.date ?? ""));
  return Number.isFinite(waitMs) ? Math.min(MAX_MS, Math.ceil(waitMs)) : undefined;
}
