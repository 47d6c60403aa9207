import type { Call } from "./call.ts";
import type { Origin } from "./dialect.ts";
import type { WireOutlet } from "./outlet.ts";
import type { Target } from "./target.ts";

/**
 * The provider as it serves the target's model: in the caller's own dialect where it speaks it and
 * serves the operation in it, else in its first.
 */
export function outletFor(outlet: WireOutlet, call: Call, { model }: Target): WireOutlet {
  const serving = outlet.families.find((family) => family.has(model))?.outlet ?? outlet;
  const { origin } = call;
  if (origin === undefined || serving.alternatives.size === 0) return serving;
  const own = serving.alternatives.get(origin.dialect) ?? taker(serving, origin);
  return own?.operations.has(call.request.operation.name) === true ? own : serving;
}

/** The dialect beside its first in which a provider serves callers of yet another one. */
function taker({ alternatives, dialect }: WireOutlet, origin: Origin): WireOutlet | undefined {
  if (origin.dialect === dialect.name) return undefined;
  for (const outlet of alternatives.values()) if (outlet.dialect.takes?.(origin)) return outlet;
  return undefined;
}

/**
 * Whether the caller's bytes go out as they are: it speaks the vendor's dialect, and the vendor
 * takes what they say.
 */
export function passesThrough(
  outlet: WireOutlet,
  { origin, request }: Call,
  { model, traits }: Target,
): boolean {
  if (origin?.dialect !== outlet.dialect.name) return false;
  const { accepts } = outlet.dialect.passthrough;
  const known = traits === undefined ? undefined : { traits };
  return (
    accepts === undefined ||
    accepts(request.operation.name, origin.body, { model, quirks: outlet.quirks, ...known })
  );
}
