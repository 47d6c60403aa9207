import { invalidField } from "../core/faults/fault.ts";
import { GatewayError } from "../core/faults/gateway-error.ts";
import type { CallInit } from "./gateway-api.ts";
import { readSeconds } from "./seconds.ts";

/** How long a caller waits, as far as it says. */
type Waits = Pick<CallInit, "timeoutMs" | "firstTokenMs">;

/**
 * How long the headers of a request say that its caller waits: for the call by
 * `x-parlance-timeout-ms`, or `x-litellm-timeout` in seconds, and for the first token of a stream by
 * `x-parlance-first-token-timeout-ms`, or `x-litellm-stream-timeout` in seconds. Throws
 * INVALID_REQUEST with the header that is no number above 0.
 */
export function callerWaits(header: (name: string) => string | undefined): Waits {
  const timeoutMs = waitIn(header, "x-parlance-timeout-ms", "x-litellm-timeout");
  const firstTokenMs = waitIn(
    header,
    "x-parlance-first-token-timeout-ms",
    "x-litellm-stream-timeout",
  );
  return { timeoutMs, firstTokenMs };
}

/** In milliseconds, by a header in milliseconds or else one in seconds. */
function waitIn(
  header: (name: string) => string | undefined,
  own: string,
  litellm: string,
): number | undefined {
  const name = header(own) === undefined ? litellm : own;
  const text = header(name);
  if (text === undefined) return undefined;
  const ms = readSeconds(text, name === own ? 1 : 1000);
  if (ms === undefined) throw new GatewayError(invalidField(name, "give a number above 0"));
  return ms;
}
