import type { Dialects } from "../../adapters/dialects.ts";
import type { Settings } from "../../config/settings.ts";
import type { Outlet } from "../../core/call.ts";
import type { Gate } from "../../core/net/egress.ts";
import { createGate } from "../../upstream/egress/create-gate.ts";
import { createOutlets, type OutletWorld } from "../outlets.ts";
import type { World } from "../world.ts";

/** How the gateway of a configuration connects to others. */
export interface WaysOut {
  readonly outlets: ReadonlyMap<string, Outlet>;
  /** For addresses that are not the operator's own. */
  readonly gate: Gate;
}

/** Makes the ways out of configurations. Providers that the store has go by the gate. */
export function createWaysOut(
  dialects: Pick<Dialects, "loaded">,
  world: Omit<OutletWorld, "gateOf" | "allow"> & Pick<World, "lookup">,
): (settings: Settings) => WaysOut {
  const gateFor = createGateKeeper(world);
  return (settings) => {
    const { providers, stored, egress } = settings;
    const gate = gateFor(settings);
    const outlets = createOutlets(providers, dialects.loaded, {
      ...world,
      gateOf: (provider) => (stored?.providers.has(provider) === true ? gate : undefined),
      allow: egress.allow,
    });
    return { outlets, gate };
  };
}

/** Makes gates: the same for as long as its settings are, since connections belong to it. */
function createGateKeeper({ lookup: resolve }: Pick<World, "lookup">) {
  let kept: { readonly said: string; readonly gate: Gate } | undefined;
  return ({ config, egress }: Settings): Gate => {
    const { egress: written, host, trustedProxies } = config.server;
    const said = JSON.stringify([written, host, trustedProxies]);
    if (kept?.said !== said) kept = { said, gate: createGate({ ...egress, resolve }) };
    return kept.gate;
  };
}
