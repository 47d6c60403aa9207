import type { Call } from "./call.ts";
import type { WireOutlet } from "./outlet.ts";

/** The provider in the caller's own dialect where it speaks it and serves the operation in it, else in its first. */
export function outletFor(outlet: WireOutlet, call: Call): WireOutlet {
  const own = call.origin === undefined ? undefined : outlet.alternatives.get(call.origin.dialect);
  return own?.operations.has(call.request.operation) === true ? own : outlet;
}
