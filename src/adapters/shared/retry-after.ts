/** A year: what the contract holds at most. */
const MAX_MS = 31_536_000_000;

/**
 * How long the server asks to wait, in milliseconds and at most a year: `retry-after-ms`, which
 * some send beside the standard's, else `retry-after` in seconds or as a date (RFC 9110, 10.2.3),
 * which counts from the reply's own `date`, because there is no clock here; else until the limits
 * are reset of which it says that nothing remains. Undefined where there is none that makes sense.
 */
export function readRetryAfter(headers: Readonly<Record<string, string>>): number | undefined {
  const exact = positive(headers["retry-after-ms"]);
  if (exact !== undefined && exact > 0) return within(exact);
  const text = headers["retry-after"]?.trim();
  if (text === undefined || text === "") return exact ?? readResets(headers);
  const seconds = positive(text);
  if (seconds !== undefined) return within(seconds * 1000);
  const wait = Date.parse(text) - Date.parse(headers.date ?? "");
  return Number.isFinite(wait) ? within(Math.max(0, wait)) : undefined;
}

/**
 * The time until every limit is reset that is used up: `x-ratelimit-reset-requests` with
 * `x-ratelimit-remaining-requests: 0`, and the same with another name for the `x` or with the words
 * in another order.
 */
function readResets(headers: Readonly<Record<string, string>>): number | undefined {
  let longest: number | undefined;
  for (const name in headers) {
    if (!name.includes("ratelimit") || !resets.test(name)) continue;
    const remaining = headers[name.replace("reset", "remaining")]?.trim();
    if (remaining === undefined || !/^0+(?:\.0*)?$/.test(remaining)) continue;
    const wait = readReset(headers[name]?.trim() ?? "", headers.date ?? "");
    if (wait !== undefined && wait > (longest ?? 0)) longest = wait;
  }
  return longest === undefined ? undefined : within(longest);
}

const resets = /^(?:[a-z]{1,32}-)?ratelimit-(?:[a-z-]{1,64}-)?reset(?:-[a-z-]{1,64})?$/;

/** Lower numbers are seconds to wait, higher ones seconds or milliseconds since 1970. */
const minUnixS = 1_000_000_000;
const minUnixMs = 1_000_000_000_000;

/** A time to wait such as `6m0.5s` or `20`, or a moment, from `date` on. */
function readReset(text: string, date: string): number | undefined {
  const parts =
    /^(?:(\d{1,9})d)?(?:(\d{1,9})h)?(?:(\d{1,9})m(?!s))?(?:(\d{1,9}(?:\.\d{1,9})?)(m?s))?$/.exec(
      text,
    );
  if (parts !== null && text !== "") {
    const [, days = 0, hours = 0, minutes = 0, rest = 0, unit] = parts;
    const whole = ((Number(days) * 24 + Number(hours)) * 60 + Number(minutes)) * 60_000;
    return whole + Number(rest) * (unit === "ms" ? 1 : 1000);
  }
  const count = positive(text);
  if (count !== undefined && count < minUnixS) return count * 1000;
  const moment = count === undefined ? Date.parse(text) : count * (count < minUnixMs ? 1000 : 1);
  const wait = moment - Date.parse(date);
  return Number.isFinite(wait) ? Math.max(0, wait) : undefined;
}

function positive(text: string | undefined): number | undefined {
  if (text === undefined || !/^\s*\d+(?:\.\d+)?\s*$/.test(text)) return undefined;
  return Number(text);
}

function within(milliseconds: number): number {
  return Math.min(MAX_MS, Math.ceil(milliseconds));
}
