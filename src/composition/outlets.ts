import { endpointPath } from "../adapters/catalog/endpoint-path.ts";
import type { ProviderPlan } from "../config/plan.ts";
import type { FamilyPlan } from "../config/providers/family-plan.ts";
import type { Outlet } from "../core/call.ts";
import type { Dialect } from "../core/dialect.ts";
import type { Quirks } from "../core/quirks.ts";
import { createSim } from "../sim/sim.ts";
import { createSimHandler } from "../sim/sim-handler.ts";
import type { Upstream } from "../upstream/client.ts";
import type { CredentialScheme } from "../upstream/credentials/credential.ts";
import { createWireOutlet, type ServingFamily } from "../upstream/outlet.ts";
import { createSigning } from "./signing.ts";

/**
 * Makes the ways out to the providers of a plan. Connections are those of `upstream`, which
 * outlives a reload; each provider has its own. `wallMs` is the time of day in milliseconds since
 * 1970, which signatures carry and tokens end by.
 */
export function createOutlets(
  providers: ReadonlyMap<string, ProviderPlan>,
  dialects: ReadonlyMap<string, Dialect>,
  upstream: Upstream,
  wallMs: () => number,
): ReadonlyMap<string, Outlet> {
  return new Map(
    [...providers].map(([name, provider]) => [
      name,
      createOutlet(provider, dialects, upstream, wallMs),
    ]),
  );
}

/** The names of the dialects that the providers of a plan speak. */
export function dialectsOf(providers: ReadonlyMap<string, ProviderPlan>): ReadonlySet<string> {
  return new Set(
    Array.from(providers.values(), ({ dialect, row: { alsoSpeaks = [], families = [] } }) => [
      dialect,
      ...alsoSpeaks,
      ...families.flatMap((family) => [family.dialect, ...(family.alsoSpeaks ?? [])]),
    ]).flat(),
  );
}

function createOutlet(
  provider: ProviderPlan,
  dialects: ReadonlyMap<string, Dialect>,
  upstream: Upstream,
  wallMs: () => number,
): Outlet {
  if (provider.dialect === "sim") {
    return {
      kind: "local",
      provider: provider.name,
      handler: createSimHandler(createSim(provider.sim)),
    };
  }
  const adapter = (name: string): Dialect => {
    const dialect = dialects.get(name);
    if (dialect === undefined)
      throw new Error(`the catalog names dialect ${name}, which has no adapter`);
    return dialect;
  };
  const signing = createSigning(provider, upstream, wallMs);
  const version: Quirks =
    provider.azure === undefined ? {} : { apiVersion: provider.azure.apiVersion };
  const own: Quirks = { ...version, variables: provider.variables };
  return createWireOutlet({
    provider: provider.name,
    dialect: adapter(provider.dialect),
    alsoSpeaks: (provider.row.alsoSpeaks ?? []).map(adapter),
    families: provider.families.map((family) => servingFamily(family, adapter, own)),
    quirks: { ...provider.quirks, ...own },
    operations: provider.operations,
    baseUrl: provider.baseUrl,
    paths: ownPaths(provider),
    auth: credentialScheme(provider.auth),
    credentials: provider.credentials.map((credential) => credential.reveal()),
    headers: provider.headers.flat(),
    timeouts: provider.timeouts,
    ...(signing === undefined ? {} : { signing }),
    upstream: upstream.forProvider(provider.name, provider.connections),
  });
}

function servingFamily(
  family: FamilyPlan,
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

/** Requests that are signed, or carry a token, carry no credential beside it. */
function credentialScheme(auth: ProviderPlan["auth"]): CredentialScheme {
  return typeof auth === "string" || "header" in auth || "query" in auth ? auth : "none";
}

/** The paths that the provider calls differently from its dialect. */
function ownPaths(provider: ProviderPlan): ReadonlyMap<string, string> {
  const { row } = provider;
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
