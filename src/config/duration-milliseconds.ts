import { create } from "@bufbuild/protobuf";
import { type Duration, DurationSchema } from "@bufbuild/protobuf/wkt";

/**
 * A duration in whole milliseconds, rounded up so that no bound becomes zero. Undefined stays
 * undefined.
 */
export function durationToMilliseconds(duration: Duration): number;
export function durationToMilliseconds(duration: Duration | undefined): number | undefined;
export function durationToMilliseconds(duration: Duration | undefined): number | undefined {
  if (duration === undefined) return undefined;
  return Number(duration.seconds) * 1000 + Math.ceil(duration.nanos / 1_000_000);
}

/** A duration of whole seconds. */
export function durationOfSeconds(seconds: number): Duration {
  return create(DurationSchema, { seconds: BigInt(seconds) });
}
