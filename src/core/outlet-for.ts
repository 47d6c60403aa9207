import type { Call } from "./call.ts";
import type { WireOutlet } from "./outlet.ts";
import type { Target } from "./target.ts";

/**
 * The provider as it serves the target's model: in the caller's own dialect where it speaks it and
 * serves the operation in it, else in its first.
 */
export function outletFor(outlet: WireOutlet, call: Call, { model }: Target): WireOutlet {
  const serving = outlet.families.find((family) => family.has(model))?.outlet ?? outlet;
  const own = call.origin === undefined ? undefined : serving.alternatives.get(call.origin.dialect);
  return own?.operations.has(call.request.operation.name) === true ? own : serving;
}

/**
 * Whether the caller's bytes go out as they are: it speaks the vendor's dialect, and the vendor
 * takes what they say.
 */
export function passesThrough(
  outlet: WireOutlet,
  { origin, request }: Call,
  model: string,
): boolean {
  if (origin?.dialect !== outlet.dialect.name) return false;
  const { accepts } = outlet.dialect.passthrough;
  return (
    accepts === undefined ||
    accepts(request.operation.name, origin.body, { model, quirks: outlet.quirks })
  );
}
