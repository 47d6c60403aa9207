import type { Call, Target } from "./call.ts";
import type { WireOutlet } from "./outlet.ts";

/**
 * The provider as it serves the target's model: in the caller's own dialect where it speaks it and serves the operation in it,
 * else in its first.
 */
export function outletFor(outlet: WireOutlet, call: Call, { model }: Target): WireOutlet {
  const serving = outlet.families.find((family) => family.has(model))?.outlet ?? outlet;
  const own = call.origin === undefined ? undefined : serving.alternatives.get(call.origin.dialect);
  return own?.operations.has(call.request.operation) === true ? own : serving;
}
