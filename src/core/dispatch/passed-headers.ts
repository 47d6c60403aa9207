import { cleanId } from "../faults/clean-fault.ts";
import type { SentSecrets } from "../target/outlet.ts";

/** Headers by their lower-case names. */
export type Headers = Readonly<Record<string, string>>;

const ids: ReadonlySet<string> = new Set(["x-request-id", "request-id"]);

/**
 * `x-ratelimit-remaining-tokens`, the same with the vendor's name for the `x`, how long the vendor
 * took, and what it took of tokens where that stands in no body.
 */
const PASSED =
  /^(?:retry-after|[a-z]{1,32}-ratelimit-.*|[a-z]{1,32}-processing-ms|x-[a-z-]{1,64}-(?:token-count|invocation-latency))$/;

/**
 * The most characters of one value, and of all names and values: clients have room for 16 KB of
 * headers in all.
 */
const MAX_VALUE = 1024;
const MAX_TOTAL = 4096;

/**
 * Headers of a vendor's reply that callers may see: its ids and its rate limits, and nothing that
 * speaks of the connection. One that is too long, is not of visible ASCII, or holds a secret is
 * left out.
 */
export function passedHeaders(headers: Headers, secrets: SentSecrets): Headers {
  const passed: Record<string, string> = {};
  let total = 0;
  for (const name in headers) {
    const value = headers[name];
    if (value === undefined || !passes(name) || !isClean(name, value, secrets)) continue;
    total += name.length + value.length;
    if (total > MAX_TOTAL) break;
    passed[name] = value;
  }
  return passed;
}

/**
 * Headers that go with an error, without its id and the time to wait: the error's own fields hold
 * these.
 */
export function passedWithError(headers: Headers, secrets: SentSecrets): Headers {
  const passed = passedHeaders(headers, secrets);
  return Object.fromEntries(
    Object.entries(passed).filter(([name]) => !ids.has(name) && name !== "retry-after"),
  );
}

function passes(name: string): boolean {
  return ids.has(name) || PASSED.test(name);
}

function isClean(name: string, value: string, secrets: SentSecrets): boolean {
  if (ids.has(name)) return cleanId(value, secrets) !== undefined;
  return (
    value.length <= MAX_VALUE &&
    /^[\x20-\x7e]*$/.test(value) &&
    secrets.clean(value, MAX_VALUE) === value
  );
}
