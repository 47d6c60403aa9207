import type { Provider } from "../../../gen/parlance/config/v1/provider_pb.js";
import type { Catalog } from "../../adapters/catalog/catalog.ts";
import {
  type CatalogRow,
  entraScope,
  exchangesKeys,
  googleScope,
} from "../../adapters/catalog/catalog-row.ts";
import { nearestName } from "../../core/names/nearest-name.ts";
import { type ConfigScope, inElement, inEntry, inField, problem } from "../config-scope.ts";
import type { FilledProvider } from "../defaults.ts";
import { resolveSecret } from "../resolve-secret.ts";
import type { SecretValue } from "../secret-value.ts";
import type { ConfiguredProvider } from "../settings.ts";
import { compileClientTls } from "../tls/compile-client-tls.ts";
import { checkVariables } from "./check-variables.ts";
import { compileBaseUrl, familyBaseUrl } from "./compile-base-url.ts";
import { compileIdentity } from "./compile-identity.ts";
import { hasApiKey } from "./own-credential.ts";

/** What else a provider is compiled from. */
export interface ProviderContext {
  readonly catalog: Catalog;
  /** How many keys there are to share its connections. */
  readonly callers: number;
}

/**
 * Compiles one provider, with its kind found in the catalog and its secrets resolved. Undefined
 * after a report.
 */
export function compileProvider(
  provider: FilledProvider,
  { catalog, callers }: ProviderContext,
  scope: ConfigScope,
): Omit<ConfiguredProvider, "name" | "settings"> | undefined {
  const credentials = resolveCredentials(provider, scope);
  checkHeaders(provider, scope);
  const row = findRow(provider, catalog, scope);
  if (row === undefined) return undefined;
  checkCredential(provider, row, scope);
  checkSim(provider, row, scope);
  const identity = compileIdentity(provider, row, scope);
  checkVariables(provider, row, inField(scope, "variables"));
  const baseUrl = compileBaseUrl(provider, row, identity.google, scope);
  if (baseUrl === undefined) return undefined;
  const tls = compileClientTls(provider.tls, baseUrl.origin, inField(scope, "tls"));
  return {
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
    connectionsPerKey: connectionsPerKey(provider, callers),
    ...(tls && { tls }),
    ...identity,
  };
}

function findRow(provider: Provider, catalog: Catalog, scope: ConfigScope): CatalogRow | undefined {
  const row = catalog.get(provider.kind);
  if (row !== undefined || provider.kind === "") return row;
  const hint = () => {
    const near = nearestName(provider.kind, catalog.keys());
    return near === undefined
      ? "for other vendors use openai_compatible or anthropic_compatible"
      : `did you mean \`${near}\`?`;
  };
  const message = "no vendor is known by this kind";
  problem(inField(scope, "kind"), { message, hint, ruleId: "unknown_kind" });
  return undefined;
}

function resolveCredentials(provider: Provider, scope: ConfigScope): SecretValue[] {
  const first =
    provider.apiKey === undefined
      ? []
      : [{ secret: provider.apiKey, at: inField(scope, "api_key") }];
  const others = provider.apiKeys.map((secret, index) => ({
    secret,
    at: inElement(inField(scope, "api_keys"), index),
  }));
  return [...first, ...others].flatMap(({ secret, at }) => {
    const value = resolveSecret(secret, at);
    if (value === undefined) return [];
    if (/^[\x20-\x7e]+$/.test(value.reveal())) return [value];
    problem(at, {
      message: "holds characters that no header can carry",
      ruleId: "secret_characters",
    });
    return [];
  });
}

function checkCredential(provider: Provider, row: CatalogRow, scope: ConfigScope): void {
  if (row.credentialOptional || hasApiKey(provider)) return;
  // Clouds that take tokens report a missing credential where their tokens are compiled.
  if (googleScope(row) !== undefined || entraScope(row) !== undefined) return;
  if (provider.oauth2 !== undefined && !exchangesKeys(row)) return;
  problem(inField(scope, "api_key"), {
    message: `is missing: ${row.name} answers nobody without a credential`,
    hint: `write api_key: { env: ${row.credentialEnv[0] ?? "NAME"} }`,
    ruleId: "credential_missing",
  });
}

function checkSim(provider: Provider, row: CatalogRow, scope: ConfigScope): void {
  if (provider.sim === undefined || row.dialect === "sim") return;
  const message = "is only for kind sim";
  problem(inField(scope, "sim"), {
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

function checkHeaders(provider: Provider, scope: ConfigScope): void {
  const seen = new Set<string>();
  for (const name of Object.keys(provider.headers)) {
    const lower = name.toLowerCase();
    const at = inEntry(inField(scope, "headers"), name);
    if (ownHeaders.has(lower))
      problem(at, {
        message: "is set by the gateway alone",
        hint: "leave it out",
        ruleId: "header",
      });
    if (seen.has(lower))
      problem(at, { message: "is given twice, in two spellings", ruleId: "header" });
    seen.add(lower);
  }
}

function connectionsPerKey(
  { maxConnections: total, maxConnectionsPerKeyPercent: percent }: FilledProvider,
  callers: number,
): number {
  return callers > 1 ? Math.max(1, Math.floor((total * percent) / 100)) : total;
}
