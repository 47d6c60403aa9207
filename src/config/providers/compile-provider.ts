import type { Provider } from "../../../gen/parlance/config/v1/provider_pb.js";
import type { Catalog } from "../../adapters/catalog/catalog.ts";
import {
  type CatalogRow,
  entraScope,
  exchangesKeys,
  googleScope,
} from "../../adapters/catalog/catalog-row.ts";
import { connectionsDefaults, timeoutsDefaults } from "../apply-defaults.ts";
import { elementPath, entryPath, fieldPath } from "../document/field-path.ts";
import { durationToMilliseconds } from "../duration-milliseconds.ts";
import type { Report } from "../finding.ts";
import { nearestName } from "../nearest-name.ts";
import type { ProviderPlan } from "../plan.ts";
import type { ConnectionsPlan, TimeoutsPlan } from "../provider-bounds.ts";
import { resolveSecret, type SecretSources } from "../resolve-secret.ts";
import type { SecretValue } from "../secret-value.ts";
import { compileBaseUrl, familyBaseUrl } from "./compile-base-url.ts";
import { compileIdentity } from "./compile-identity.ts";
import { compileVariables } from "./compile-variables.ts";
import { hasApiKey } from "./own-credential.ts";

/**
 * Compiles one provider, with its kind found in the catalog and its secrets resolved. Undefined
 * after a report. `keys`: how many keys there are to share its connections.
 */
export function compileProvider(
  name: string,
  provider: Provider,
  catalog: Catalog,
  sources: SecretSources,
  keys: number,
  report: Report,
): ProviderPlan | undefined {
  const path = entryPath("providers", name);
  const credentials = resolveCredentials(provider, path, sources, report);
  checkHeaders(provider, path, report);
  const row = findRow(provider, path, catalog, report);
  if (row === undefined) return undefined;
  checkCredential(provider, row, path, report);
  checkSim(provider, row, path, report);
  const identity = compileIdentity(provider, row, path, sources, report);
  const variables = compileVariables(provider, row, fieldPath(path, "variables"), report);
  const baseUrl = compileBaseUrl(provider, row, identity.google, path, report);
  if (baseUrl === undefined) return undefined;
  return {
    name,
    kind: row.id,
    dialect: row.dialect,
    row,
    baseUrl,
    families: (row.families ?? []).map((family) => ({
      ...family,
      baseUrl: familyBaseUrl(family, provider, row, identity.google, baseUrl),
    })),
    credentials,
    headers: Object.entries(provider.headers).map(
      ([header, value]) => [header.toLowerCase(), value] as const,
    ),
    timeouts: compileTimeouts(provider),
    connections: compileConnections(provider, keys),
    operations: new Set(row.operations),
    quirks: row.quirks,
    variables:
      provider.aws === undefined ? variables : { ...variables, region: provider.aws.region },
    ...identity,
    ...(provider.sim === undefined ? {} : { sim: provider.sim }),
  };
}

function findRow(
  provider: Provider,
  path: string,
  catalog: Catalog,
  report: Report,
): CatalogRow | undefined {
  const row = catalog.get(provider.kind);
  if (row !== undefined || provider.kind === "") return row;
  const hint = () => {
    const near = nearestName(provider.kind, catalog.keys());
    return near === undefined
      ? "for other vendors use openai_compatible or anthropic_compatible"
      : `did you mean \`${near}\`?`;
  };
  const message = "no vendor is known by this kind";
  report({ path: fieldPath(path, "kind"), message, hint, ruleId: "unknown_kind" });
  return undefined;
}

function resolveCredentials(
  provider: Provider,
  path: string,
  sources: SecretSources,
  report: Report,
): SecretValue[] {
  const first =
    provider.apiKey === undefined
      ? []
      : [{ secret: provider.apiKey, at: fieldPath(path, "api_key") }];
  const others = provider.apiKeys.map((secret, index) => ({
    secret,
    at: elementPath(fieldPath(path, "api_keys"), index),
  }));
  return [...first, ...others].flatMap(({ secret, at }) => {
    const value = resolveSecret(secret, at, sources, report);
    if (value === undefined) return [];
    if (/^[\x20-\x7e]+$/.test(value.reveal())) return [value];
    report({
      path: at,
      message: "holds characters that no header can carry",
      hint: "",
      ruleId: "secret_characters",
    });
    return [];
  });
}

function checkCredential(provider: Provider, row: CatalogRow, path: string, report: Report): void {
  if (row.credentialOptional || hasApiKey(provider)) return;
  // Where tokens are another way in, it is told there what is missing.
  if (googleScope(row) !== undefined || entraScope(row) !== undefined) return;
  if (provider.oauth2 !== undefined && !exchangesKeys(row)) return;
  report({
    path: fieldPath(path, "api_key"),
    message: `is missing: ${row.name} answers nobody without a credential`,
    hint: `write api_key: { env: ${row.credentialEnv[0] ?? "NAME"} }`,
    ruleId: "credential_missing",
  });
}

function checkSim(provider: Provider, row: CatalogRow, path: string, report: Report): void {
  if (provider.sim === undefined || row.dialect === "sim") return;
  const message = "is only for kind sim";
  report({
    path: fieldPath(path, "sim"),
    message,
    hint: "leave it out, or write kind: sim",
    ruleId: "sim_options",
  });
}

/**
 * Headers that frame the message or belong to the connection (RFC 9110, 7.6.1; RFC 9112, 6): ours
 * alone.
 */
const ownHeaders = new Set([
  "connection",
  "content-encoding",
  "content-length",
  "content-type",
  "expect",
  "host",
  "http2-settings",
  "keep-alive",
  "proxy-connection",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
]);

function checkHeaders(provider: Provider, path: string, report: Report): void {
  const seen = new Set<string>();
  for (const name of Object.keys(provider.headers)) {
    const lower = name.toLowerCase();
    const at = entryPath(fieldPath(path, "headers"), name);
    if (ownHeaders.has(lower))
      report({
        path: at,
        message: "is set by the gateway alone",
        hint: "leave it out",
        ruleId: "header",
      });
    if (seen.has(lower))
      report({ path: at, message: "is given twice, in two spellings", hint: "", ruleId: "header" });
    seen.add(lower);
  }
}

function compileConnections(provider: Provider, keys: number): ConnectionsPlan {
  const { maxConnections: total, maxConnectionsPerKeyPercent: percent } =
    connectionsDefaults(provider);
  return { total, perKey: keys > 1 ? Math.max(1, Math.floor((total * percent) / 100)) : total };
}

function compileTimeouts(provider: Provider): TimeoutsPlan {
  const { connect, firstToken, idle, total } = timeoutsDefaults(provider.timeouts);
  const totalMs = durationToMilliseconds(total);
  return {
    connectMs: durationToMilliseconds(connect),
    firstTokenMs: durationToMilliseconds(firstToken),
    idleMs: durationToMilliseconds(idle),
    ...(totalMs === undefined ? {} : { totalMs }),
  };
}
