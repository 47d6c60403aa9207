/** A year: what the contract holds at most. */
const MAX_MS = 31_536_000_000;

/**
 * How long the server asks to wait, in milliseconds and at most a year: `retry-after-ms`, which
 * some send beside the standard's, else `retry-after` in seconds or as a date (RFC 9110, 10.2.3),
 * which counts from the reply's own `date`, because there is no clock here. Undefined where there
 * is none that makes sense.
 */
export function readRetryAfter(headers: Readonly<Record<string, string>>): number | undefined {
  const exact = positive(headers["retry-after-ms"]);
  if (exact !== undefined && exact > 0) return within(exact);
  const text = headers["retry-after"]?.trim();
  if (text === undefined || text === "") return exact;
  const seconds = positive(text);
  if (seconds !== undefined) return within(seconds * 1000);
  const wait = Date.parse(text) - Date.parse(headers.date ?? "");
  return Number.isFinite(wait) ? within(Math.max(0, wait)) : undefined;
}

function positive(text: string | undefined): number | undefined {
  if (text === undefined || !/^\s*\d+(?:\.\d+)?\s*$/.test(text)) return undefined;
  return Number(text);
}

function within(milliseconds: number): number {
  return Math.min(MAX_MS, Math.ceil(milliseconds));
}
