import { create } from "@bufbuild/protobuf";
import {
  type AzureOptions,
  AzureOptionsSchema,
} from "../../../gen/parlance/config/v1/azure_options_pb.js";
import type { Provider } from "../../../gen/parlance/config/v1/provider_pb.js";
import { type CatalogRow, entraScope } from "../../adapters/catalog/catalog-row.ts";
import { type ConfigScope, inField, problem } from "../config-scope.ts";
import type { BaseUrl, EntraTokenSource } from "../provider-identity.ts";
import { resolveSecret, trimmedEnv } from "../resolve-secret.ts";
import { createSecretValue, type SecretValue } from "../secret-value.ts";
import { ownCredential } from "./own-credential.ts";
import { parseTokenUrl } from "./parse-token-url.ts";

/**
 * Compiles where tokens for a vendor on Azure come from. Undefined where an API key or another
 * token is used instead, for vendors elsewhere, or after a report.
 */
export function compileAzure(
  provider: Provider,
  row: CatalogRow,
  ofProvider: ConfigScope,
): EntraTokenSource | undefined {
  const scope = inField(ofProvider, "azure");
  const { azure: configured } = provider;
  const audience = entraScope(row);
  if (audience === undefined) {
    if (configured === undefined) return undefined;
    const message = "is only for vendors on Azure";
    problem(scope, { message, hint: "leave it out", ruleId: "azure_options" });
    return undefined;
  }
  const azure = configured ?? create(AzureOptionsSchema);
  const own = ownCredential(provider);
  if (own !== undefined) {
    checkUnused(azure, own, scope);
    return undefined;
  }
  const source = findEntraTokens(azure, configured !== undefined, scope);
  if (source === undefined) {
    problem(inField(ofProvider, "api_key"), {
      message: `is missing: ${row.name} answers nobody without a credential`,
      hint: `write api_key: { env: ${row.credentialEnv[0] ?? "NAME"} }, or azure: {} for the managed identity of the host`,
      ruleId: "credential_missing",
    });
  }
  if (source === undefined || source === "broken") return undefined;
  return { ...source, scope: audience };
}

/**
 * Finds who asks for tokens of Entra ID: an application, else the managed identity of the host,
 * which is meant where `onHost` says so. Undefined: nobody; "broken": after a report.
 */
export function findEntraTokens(azure: AzureOptions, onHost: boolean, scope: ConfigScope): Found {
  const application = findApplication(azure, scope);
  if (application === undefined) return "broken";
  return (
    asApplication(application, scope) ?? asManagedIdentity(application.clientId, onHost, scope)
  );
}

function checkUnused(azure: AzureOptions, own: string, scope: ConfigScope): void {
  const rule = (holds: boolean, field: string) => {
    if (holds) return;
    const message = `stands beside ${own}`;
    problem(inField(scope, field), {
      message,
      hint: "leave one of them out",
      ruleId: "azure_credentials",
    });
  };
  rule(azure.tenantId === "", "tenant_id");
  rule(azure.clientId === "", "client_id");
  rule(azure.clientSecret === undefined, "client_secret");
}

/** An application of a directory, as far as it is known. */
interface Application {
  readonly tenantId: string;
  readonly clientId: string;
  readonly clientSecret: SecretValue | undefined;
  readonly tokenFile: string;
}

function findApplication(azure: AzureOptions, scope: ConfigScope): Application | undefined {
  const env = (name: string) => trimmedEnv(scope.sources.env, name);
  const tenantId = azure.tenantId || env("AZURE_TENANT_ID");
  const clientId = azure.clientId || env("AZURE_CLIENT_ID");
  const tokenFile = env("AZURE_FEDERATED_TOKEN_FILE");
  const missing = (field: string, beside: string, variable: string): undefined => {
    const message = `is missing beside ${beside}`;
    const hint = `write it, or set ${variable}`;
    problem(inField(scope, field), { message, hint, ruleId: "azure_credentials" });
  };
  if (azure.clientSecret !== undefined) {
    if (tenantId === "") return missing("tenant_id", "client_secret", "AZURE_TENANT_ID");
    if (clientId === "") return missing("client_id", "client_secret", "AZURE_CLIENT_ID");
    const clientSecret = resolveSecret(azure.clientSecret, inField(scope, "client_secret"));
    return clientSecret === undefined ? undefined : { tenantId, clientId, clientSecret, tokenFile };
  }
  const secret = env("AZURE_CLIENT_SECRET");
  if (azure.tenantId !== "" && secret === "" && tokenFile === "") {
    return missing("client_secret", "tenant_id", "AZURE_CLIENT_SECRET");
  }
  return {
    tenantId,
    clientId,
    clientSecret: secret === "" ? undefined : createSecretValue(secret),
    tokenFile,
  };
}

type Unscoped<Source> = Source extends unknown ? Omit<Source, "scope"> : never;
type Found = Unscoped<EntraTokenSource> | "broken" | undefined;

function asApplication(application: Application, scope: ConfigScope): Found {
  const { tenantId, clientId, clientSecret, tokenFile } = application;
  if (tenantId === "" || clientId === "" || (clientSecret === undefined && tokenFile === ""))
    return undefined;
  const tokenUrl = tokenUrlOf(tenantId, scope);
  if (tokenUrl === undefined) return "broken";
  if (clientSecret !== undefined)
    return { kind: "client_secret", tokenUrl, clientId, clientSecret };
  return { kind: "workload_identity", tokenUrl, clientId, tokenFile };
}

/**
 * See https://learn.microsoft.com/en-us/entra/identity-platform/v2-oauth2-client-creds-grant-flow.
 */
function tokenUrlOf(tenantId: string, scope: ConfigScope): BaseUrl | undefined {
  const authority =
    trimmedEnv(scope.sources.env, "AZURE_AUTHORITY_HOST") || "https://login.microsoftonline.com";
  const host = authority.includes("://") ? authority : `https://${authority}`;
  return parseTokenUrl(
    `${host.replace(/\/+$/, "")}/${encodeURIComponent(tenantId)}/oauth2/v2.0/token`,
    scope,
  );
}

/**
 * See https://learn.microsoft.com/en-us/azure/app-service/overview-managed-identity and, for
 * virtual machines,
 * https://learn.microsoft.com/en-us/entra/identity/managed-identities-azure-resources/how-to-use-vm-token.
 */
function asManagedIdentity(clientId: string, onHost: boolean, scope: ConfigScope): Found {
  const env = (name: string) => trimmedEnv(scope.sources.env, name);
  const endpoint = env("IDENTITY_ENDPOINT");
  const header = env("IDENTITY_HEADER");
  const metadata = env("AZURE_POD_IDENTITY_AUTHORITY_HOST");
  const inService = endpoint !== "" && header !== "";
  if (!inService && !onHost && metadata === "") return undefined;
  const metadataUrl = parseTokenUrl(metadata || "http://169.254.169.254", scope);
  const serviceUrl = inService ? parseTokenUrl(endpoint, scope) : undefined;
  if (metadataUrl === undefined || (inService && serviceUrl === undefined)) return "broken";
  return {
    kind: "managed_identity",
    metadataOrigin: metadataUrl.origin,
    ...(clientId === "" ? {} : { clientId }),
    ...(serviceUrl === undefined
      ? {}
      : { service: { endpoint: serviceUrl, header: createSecretValue(header) } }),
  };
}
