import { type CatalogRow, entraScope } from "../adapters/catalog/catalog-row.ts";
import { endpointPath } from "../adapters/catalog/endpoint-path.ts";
import type { FilledProvider } from "../config/defaults.ts";
import type { ConfiguredFamily, ConfiguredProvider } from "../config/settings.ts";
import type { Outlet } from "../core/call.ts";
import type { Dialect } from "../core/dialect.ts";
import type { ConnectionRules, HostList } from "../core/net/egress.ts";
import type { Quirks } from "../core/quirks.ts";
import { durationMs } from "../core/time/duration-ms.ts";
import { createSim } from "../sim/sim.ts";
import { createSimHandler } from "../sim/sim-handler.ts";
import type { UpstreamTimeouts } from "../upstream/call-clock.ts";
import type { Upstream, UpstreamRequest } from "../upstream/client.ts";
import type { SlotBounds } from "../upstream/connection-slots.ts";
import type { CredentialScheme } from "../upstream/credentials/credential.ts";
import type { CredentialCircuits } from "../upstream/credentials/credential-circuits.ts";
import { createWireOutlet, type ServingFamily } from "../upstream/outlet.ts";
import { createSigning } from "./signing.ts";

/** How connections are opened for a provider. Undefined: as usual. */
export interface ProviderRules {
  readonly own?: ConnectionRules | undefined;
  /** For requests of tokens, which go to other hosts. */
  readonly tokens?: ConnectionRules | undefined;
}

/** What the ways out are made of beside their providers; all of it outlives a reload. */
export interface OutletWorld {
  /** Has the connections, each provider its own. */
  readonly upstream: Upstream;
  /** Which credentials are left alone. */
  readonly credentials: CredentialCircuits;
  /** How connections are opened to a provider, and to where its tokens are. Absent: as usual. */
  readonly rulesOf?: (provider: ConfiguredProvider) => ProviderRules;
  /** Hosts that vendors may name beside those of the configuration. Absent: all. */
  readonly allow?: HostList | undefined;
  /** The time of day in milliseconds since 1970, which signatures carry and tokens end by. */
  readonly wallMs: () => number;
}

/** Makes the ways out to the configured providers. */
export function createOutlets(
  providers: ReadonlyMap<string, ConfiguredProvider>,
  dialects: ReadonlyMap<string, Dialect>,
  world: OutletWorld,
): ReadonlyMap<string, Outlet> {
  return new Map(
    [...providers].map(([name, provider]) => [name, createOutlet(provider, dialects, world)]),
  );
}

/** The names of the dialects that the configured providers speak. */
export function dialectsOf(
  providers: ReadonlyMap<string, ConfiguredProvider>,
): ReadonlySet<string> {
  return new Set(
    Array.from(providers.values(), ({ row }) => row).flatMap((row) => [
      row.dialect,
      ...(row.alsoSpeaks ?? []),
      ...(row.onDemand ?? []),
      ...(row.families ?? []).flatMap((family) => [family.dialect, ...(family.alsoSpeaks ?? [])]),
    ]),
  );
}

function createOutlet(
  provider: ConfiguredProvider,
  dialects: ReadonlyMap<string, Dialect>,
  { upstream, credentials: circuits, wallMs, rulesOf, allow }: OutletWorld,
): Outlet {
  const { settings, row } = provider;
  if (row.dialect === "sim") {
    return {
      kind: "local",
      provider: provider.name,
      handler: createSimHandler(createSim(settings.sim)),
    };
  }
  const adapter = (name: string): Dialect => {
    const dialect = dialects.get(name);
    if (dialect === undefined)
      throw new Error(`the catalog names dialect ${name}, which has no adapter`);
    return dialect;
  };
  const { own: rules, tokens } = rulesOf?.(provider) ?? {};
  const named = {
    request: (one: UpstreamRequest) => upstream.request({ ...one, rules: tokens }),
  };
  const signing = createSigning(provider, { named, own: upstream }, wallMs);
  const version: Quirks =
    entraScope(row) === undefined ? {} : { apiVersion: settings.azure?.apiVersion ?? "" };
  const region = settings.aws === undefined ? {} : { region: settings.aws.region };
  const own: Quirks = { ...version, variables: { ...settings.variables, ...region } };
  return createWireOutlet({
    provider: provider.name,
    dialect: adapter(row.dialect),
    alsoSpeaks: (row.alsoSpeaks ?? []).map(adapter),
    onDemand: (row.onDemand ?? []).map(adapter),
    families: provider.families.map((family) => servingFamily(family, adapter, own)),
    quirks: { ...row.quirks, ...own },
    operations: new Set(row.operations),
    baseUrl: provider.baseUrl,
    paths: ownPaths(row),
    auth: credentialScheme(provider.auth),
    credentials: provider.credentials.map((credential) => credential.reveal()),
    circuits,
    headers: provider.headers.flat(),
    timeouts: timeoutsOf(settings),
    ...(signing === undefined ? {} : { signing }),
    upstream: upstream.forProvider(provider.name, connectionBounds(provider), rules),
    ...(allow && { allow }),
  });
}

/** The bounds on the connections to a provider. */
export function connectionBounds({ settings, connectionsPerKey }: ConfiguredProvider): SlotBounds {
  return { total: settings.maxConnections, perKey: connectionsPerKey };
}

function servingFamily(
  family: ConfiguredFamily,
  adapter: (name: string) => Dialect,
  own: Quirks,
): ServingFamily {
  return {
    has: (model) => family.models.test(model),
    dialect: adapter(family.dialect),
    alsoSpeaks: (family.alsoSpeaks ?? []).map(adapter),
    quirks: { ...family.quirks, ...own },
    operations: new Set(family.operations),
    baseUrl: family.baseUrl,
    ...(family.pathPrefix === undefined ? {} : { pathPrefix: family.pathPrefix }),
  };
}

function timeoutsOf({ timeouts }: FilledProvider): UpstreamTimeouts {
  const { connect, firstToken, idle, total } = timeouts;
  return {
    connectMs: durationMs(connect),
    firstTokenMs: durationMs(firstToken),
    idleMs: durationMs(idle),
    ...(total === undefined ? {} : { totalMs: durationMs(total) }),
  };
}

/** Requests that are signed, or carry a token, carry no credential beside it. */
function credentialScheme(auth: ConfiguredProvider["auth"]): CredentialScheme {
  return typeof auth === "string" || "header" in auth || "query" in auth ? auth : "none";
}

/** The paths that the provider calls differently from its dialect. */
function ownPaths(row: CatalogRow): ReadonlyMap<string, string> {
  const plain = { ...row };
  delete plain.chatPath;
  delete plain.embeddingsPath;
  delete plain.rerankPath;
  const paths = new Map<string, string>();
  for (const operation of row.operations) {
    const usual = endpointPath(plain, operation);
    const own = endpointPath(row, operation);
    if (usual !== undefined && own !== undefined && usual !== own) paths.set(usual, own);
  }
  return paths;
}
