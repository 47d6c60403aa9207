import { endpointPath } from "../adapters/catalog/endpoint-path.ts";
import type { AwsPlan, ProviderPlan } from "../config/plan.ts";
import type { Dialect } from "../core/dialect.ts";
import type { Outlet } from "../core/outlet.ts";
import { createSim } from "../sim/sim.ts";
import { createSimHandler } from "../sim/sim-handler.ts";
import type { Upstream } from "../upstream/client.ts";
import type { CredentialScheme } from "../upstream/credential.ts";
import type { AwsCredentialSettings } from "../upstream/credential-sigv4-chain.ts";
import { createWireOutlet } from "../upstream/outlet.ts";
import { createAwsSigning, type RequestSigning } from "../upstream/request-signing.ts";

/**
 * Makes the ways out to the providers of a plan. Connections are those of `upstream`, which outlives a reload. `wallMs` is
 * the time of day in milliseconds since 1970, which signatures carry.
 */
export function createOutlets(
  providers: ReadonlyMap<string, ProviderPlan>,
  dialects: ReadonlyMap<string, Dialect>,
  upstream: Upstream,
  wallMs: () => number,
): ReadonlyMap<string, Outlet> {
  return new Map([...providers].map(([name, provider]) => [name, createOutlet(provider, dialects, upstream, wallMs)]));
}

/** The names of the dialects that the providers of a plan speak. */
export function dialectsOf(providers: ReadonlyMap<string, ProviderPlan>): ReadonlySet<string> {
  return new Set(Array.from(providers.values(), ({ dialect, row }) => [dialect, ...(row.alsoSpeaks ?? [])]).flat());
}

function createOutlet(
  provider: ProviderPlan,
  dialects: ReadonlyMap<string, Dialect>,
  upstream: Upstream,
  wallMs: () => number,
): Outlet {
  if (provider.dialect === "sim") {
    return { kind: "local", provider: provider.name, handler: createSimHandler(createSim(provider.sim)) };
  }
  const adapter = (name: string): Dialect => {
    const dialect = dialects.get(name);
    if (dialect === undefined) throw new Error(`the catalog names dialect ${name}, which has no adapter`);
    return dialect;
  };
  return createWireOutlet({
    provider: provider.name,
    dialect: adapter(provider.dialect),
    alsoSpeaks: (provider.row.alsoSpeaks ?? []).map(adapter),
    quirks: { ...provider.quirks },
    operations: provider.operations,
    baseUrl: provider.baseUrl,
    paths: ownPaths(provider),
    auth: credentialScheme(provider.auth),
    credentials: provider.credentials.map((credential) => credential.reveal()),
    headers: provider.headers.flat(),
    timeouts: {
      connectMs: provider.timeouts.connectMs,
      headersMs: provider.timeouts.firstByteMs,
      idleMs: provider.timeouts.idleMs,
    },
    ...(provider.aws === undefined ? {} : { signing: signingOf(provider.name, provider.aws, wallMs) }),
    upstream,
  });
}

/** Requests that are signed carry no credential. */
function credentialScheme(auth: ProviderPlan["auth"]): CredentialScheme {
  return typeof auth === "object" && "sigv4" in auth ? "none" : auth;
}

function signingOf(provider: string, aws: AwsPlan, nowMs: () => number): RequestSigning {
  const { region, service, accessKeyId, secretAccessKey, sessionToken, profile, roleArn } = aws;
  const credentials: AwsCredentialSettings = {
    ...(accessKeyId === undefined ? {} : { accessKeyId: accessKeyId.reveal() }),
    ...(secretAccessKey === undefined ? {} : { secretAccessKey: secretAccessKey.reveal() }),
    ...(sessionToken === undefined ? {} : { sessionToken: sessionToken.reveal() }),
    ...(profile === undefined ? {} : { profile }),
    ...(roleArn === undefined ? {} : { roleArn }),
  };
  return createAwsSigning({ provider, region, service, credentials, nowMs });
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
