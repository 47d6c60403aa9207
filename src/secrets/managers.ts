import type {
  AwsKeeper,
  AwsManagerSettings,
  AzureManagerSettings,
  GoogleManagerSettings,
  ManagerSettings,
  VaultSettings,
} from "../config/references/secret-manager-settings.ts";
import type { Upstream } from "../upstream/client.ts";
import type { RequestSigning } from "../upstream/credentials/request-signing.ts";
import type { ServiceTools } from "./ask-service.ts";
import {
  type AwsService,
  type AzureService,
  azureScope,
  createAwsService,
  createAzureService,
  createGoogleService,
  type GoogleService,
} from "./clouds.ts";
import { ServiceError } from "./service-error.ts";
import { createVaultClient, type VaultClient } from "./vault/vault-client.ts";

/** What services are called with. */
export interface ManagerTools extends Omit<ServiceTools, "upstream"> {
  /** Milliseconds since 1970. */
  readonly nowMs: () => number;
  /** Opens a way to services whose certificates those of `ca` sign, in PEM; "": the system's. */
  readonly openUpstream: (ca: string) => Upstream;
  readonly sign: SignFor;
}

/** Makes what shows a cloud who asks. */
export type SignFor = (
  access:
    | {
        readonly kind: "aws";
        readonly settings: AwsManagerSettings;
        readonly service: AwsKeeper;
        readonly region: string;
      }
    | { readonly kind: "google"; readonly settings: GoogleManagerSettings }
    | { readonly kind: "azure"; readonly settings: AzureManagerSettings; readonly scope: string },
  upstream: Upstream,
) => RequestSigning;

/** Services that keep secrets and keys, each made once, so that their tokens and leases last. */
export interface Managers {
  vault(settings: VaultSettings): VaultClient;
  /** `region` is "" for that of the settings. Throws a ServiceError where none is known. */
  aws(settings: AwsManagerSettings, service: AwsKeeper, region: string): AwsService;
  google(settings: GoogleManagerSettings, service: "secretmanager" | "cloudkms"): GoogleService;
  /** Calls the vault at an origin. */
  azure(settings: AzureManagerSettings, origin: string): AzureService;
  close(): Promise<void>;
}

/** As many services are kept; a configuration has far fewer. */
const maxKept = 64;

/** Makes services when they are first asked for. `keyOf` is the same for equal settings alone. */
export function createManagers(
  tools: ManagerTools,
  keyOf: (settings: ManagerSettings) => string,
): Managers {
  const made = new Map<string, unknown>();
  const upstreams = new Map<string, Upstream>();
  const upstreamFor = (ca: string): Upstream => once(upstreams, ca, () => tools.openUpstream(ca));
  const keep = <T>(parts: readonly string[], make: () => T): T => {
    const [oldest] = made.keys();
    if (made.size >= maxKept && oldest !== undefined) made.delete(oldest);
    return once(made, parts.join("\n"), make) as T; // a name stands for one kind of service
  };
  const toolsOf = (upstream: Upstream): ServiceTools => ({ ...tools, upstream });
  return {
    vault: (settings) =>
      keep(["vault", keyOf(settings)], () =>
        createVaultClient(settings, toolsOf(upstreamFor(settings.ca ?? "")), tools.nowMs),
      ),
    aws(settings, service, region) {
      const at = region || settings.region;
      if (at === "")
        throw new ServiceError("refused", "no region is known: write region, or set AWS_REGION");
      return keep(["aws", service, at, keyOf(settings)], () => {
        const upstream = upstreamFor("");
        const signing = tools.sign({ kind: "aws", settings, service, region: at }, upstream);
        const endpoint = settings.endpoints[service];
        return createAwsService(
          { tools: toolsOf(upstream), signing },
          { service, region: at, endpoint },
        );
      });
    },
    google: (settings, service) =>
      keep(["google", service, keyOf(settings)], () => {
        const upstream = upstreamFor("");
        const signing = tools.sign({ kind: "google", settings }, upstream);
        return createGoogleService(
          { tools: toolsOf(upstream), signing },
          settings.endpoints[service],
        );
      }),
    azure: (settings, origin) =>
      keep(["azure", origin, keyOf(settings)], () => {
        const upstream = upstreamFor("");
        const scope = azureScope(origin);
        const signing = tools.sign({ kind: "azure", settings, scope }, upstream);
        return createAzureService({ tools: toolsOf(upstream), signing }, origin);
      }),
    async close() {
      await Promise.all([...upstreams.values()].map((upstream) => upstream.destroy()));
    },
  };
}

function once<T>(made: Map<string, T>, key: string, make: () => T): T {
  const known = made.get(key);
  if (known !== undefined) return known;
  const fresh = make();
  made.set(key, fresh);
  return fresh;
}
