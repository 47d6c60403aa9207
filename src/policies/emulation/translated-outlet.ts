import type { Call } from "../../core/call.ts";
import type { Outlet, WireOutlet } from "../../core/outlet.ts";
import { outletFor } from "../../core/outlet-for.ts";

/** The way out to a provider. Undefined where there is no such provider. */
export type OutletLookup = (provider: string) => Outlet | undefined;

/**
 * The vendor behind HTTP that an attempt goes to, in the dialect it is asked in. Undefined: one in
 * this process.
 */
export function wireOutlet(lookup: OutletLookup, call: Call): WireOutlet | undefined {
  const { target } = call;
  if (target === undefined) return undefined;
  const found = lookup(target.provider);
  return found?.kind === "wire" ? outletFor(found, call, target) : undefined;
}
