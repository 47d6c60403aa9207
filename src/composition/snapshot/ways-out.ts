import { hash } from "node:crypto";
import type { Dialects } from "../../adapters/dialects.ts";
import type { ConfiguredProvider, Settings } from "../../config/settings.ts";
import type { ClientTlsSettings } from "../../config/tls/tls-settings.ts";
import type { Outlet } from "../../core/call.ts";
import type { ClientTlsOptions, ConnectionRules, Gate } from "../../core/net/egress.ts";
import { createGate } from "../../upstream/egress/create-gate.ts";
import { createOutlets, type OutletWorld, type ProviderRules } from "../outlets.ts";
import type { World } from "../world.ts";

/** How the gateway of a configuration connects to others. */
export interface WaysOut {
  readonly outlets: ReadonlyMap<string, Outlet>;
  /** For addresses that are not the operator's own. */
  readonly gate: Gate;
}

/**
 * Makes the ways out of configurations. Providers that the store has go by the gate. What has not
 * changed since the configuration before is the same object, since connections belong to it.
 */
export function createWaysOut(
  dialects: Pick<Dialects, "loaded">,
  world: Omit<OutletWorld, "rulesOf" | "allow"> & Pick<World, "lookup">,
): (settings: Settings) => WaysOut {
  const gates = createKeeper<ConnectionRules & { readonly gate: Gate }>();
  const rules = createKeeper<ConnectionRules>();
  const { lookup: resolve } = world;
  return ({ config, providers, stored, egress }) => {
    const { egress: written, host, trustedProxies } = config.server;
    const gated = gates.keep("", [written, host, trustedProxies], () => ({
      gate: createGate({ ...egress, resolve }),
    }));
    const rulesOf = ({ name, tls }: ConfiguredProvider): ProviderRules => {
      const tokens = stored?.providers.has(name) === true ? gated : undefined;
      if (tls === undefined) return { own: tokens, tokens };
      const options = tlsOptions(tls);
      const own = { ...tokens, tls: options };
      return { own: rules.keep(name, [options], () => own, tokens), tokens };
    };
    rules.forget((name) => !providers.has(name));
    const outlets = createOutlets(providers, dialects.loaded, {
      ...world,
      rulesOf,
      allow: egress.allow,
    });
    return { outlets, gate: gated.gate };
  };
}

/** Keeps what was made for a name until what it is made of changes. */
function createKeeper<Made>() {
  const kept = new Map<
    string,
    { readonly said: string; readonly beside: unknown; readonly made: Made }
  >();
  return {
    keep(name: string, said: readonly unknown[], make: () => Made, beside?: unknown): Made {
      // A hash, for a private key may be among it.
      const text = hash("sha256", JSON.stringify(said));
      const known = kept.get(name);
      if (known?.said === text && known.beside === beside) return known.made;
      const made = make();
      kept.set(name, { said: text, beside, made });
      return made;
    },
    forget(isGone: (name: string) => boolean): void {
      for (const name of kept.keys()) if (isGone(name)) kept.delete(name);
    },
  };
}

function tlsOptions({
  ca,
  cert,
  key,
  minVersion,
  serverName,
}: ClientTlsSettings): ClientTlsOptions {
  return {
    minVersion,
    ...(ca !== undefined && { ca }),
    ...(cert !== undefined && key !== undefined && { cert, key: key.reveal() }),
    ...(serverName !== undefined && { servername: serverName }),
  };
}
