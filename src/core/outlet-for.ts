import type { Call } from "./call.ts";
import type { WireOutlet } from "./outlet.ts";

/** The provider in the caller's own dialect where it speaks it and serves the operation in it, else in its first. */
export function outletFor(outlet: WireOutlet, call: Call): WireOutlet {
  const own = call.origin === undefined ? undefined : outlet.alternatives.get(call.origin.dialect);
  return own?.operations.has(call.request.operation) === true ? own : outlet;
}

/** Whether the caller's bytes go out as they are: it speaks the vendor's dialect, and the vendor takes what they say. */
export function passesThrough(outlet: WireOutlet, { origin, request }: Call): boolean {
  if (origin?.dialect !== outlet.dialect.name) return false;
  return outlet.dialect.passthrough.fits?.(request.operation, origin.body, outlet.quirks) ?? true;
}
