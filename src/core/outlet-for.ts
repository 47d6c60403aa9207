import type { Call } from "./call.ts";
import type { EncodeOptions, Fit, Origin } from "./dialect.ts";
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
 * How a call's body reaches the vendor. Only a caller that speaks the vendor's dialect is not
 * translated.
 */
export function fitOf(outlet: WireOutlet, call: Call, target: Target): Fit {
  const { origin, request } = call;
  if (origin?.dialect !== outlet.dialect.name) return "translated";
  const { passthrough } = outlet.dialect;
  const options = encodeOptionsOf(outlet, call, target);
  return passthrough.fit?.(request.operation.name, origin, options) ?? "as_is";
}

/** What encoders get to know of a call to a target; a bound on the answer is added where needed. */
export function encodeOptionsOf(
  { quirks }: WireOutlet,
  { origin, request }: Call,
  { model, baseModel, traits }: Target,
): EncodeOptions {
  const contentType = origin?.contentType;
  return {
    model,
    ...(baseModel === undefined ? undefined : { baseModel }),
    ...(traits === undefined ? undefined : { traits }),
    stream: request.stream,
    ...(contentType === undefined ? undefined : { contentType }),
    quirks,
  };
}
