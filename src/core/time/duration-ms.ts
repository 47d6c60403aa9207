import type { Duration } from "@bufbuild/protobuf/wkt";

/**
 * A duration in whole milliseconds, rounded up so that no bound becomes zero. Undefined stays
 * undefined.
 */
export function durationMs(duration: Duration): number;
export function durationMs(duration: Duration | undefined): number | undefined;
export function durationMs(duration: Duration | undefined): number | undefined {
  if (duration === undefined) return undefined;
  return Number(duration.seconds) * 1000 + Math.ceil(duration.nanos / 1_000_000);
}
