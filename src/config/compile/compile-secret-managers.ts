import { create } from "@bufbuild/protobuf";
import { AwsOptionsSchema } from "../../../gen/parlance/config/v1/aws_options_pb.js";
import { AzureOptionsSchema } from "../../../gen/parlance/config/v1/azure_options_pb.js";
import {
  type SecretManagers,
  SecretManagersSchema,
  type VaultConnection,
  VaultConnectionSchema,
} from "../../../gen/parlance/config/v1/secret_managers_pb.js";
import type { Secret } from "../../../gen/parlance/config/v1/secret_pb.js";
import { regionOf } from "../apply-defaults.ts";
import { type ConfigScope, inField, problem } from "../config-scope.ts";
import type { BaseUrl } from "../provider-identity.ts";
import { compileAwsIdentity } from "../providers/compile-aws.ts";
import { findEntraTokens } from "../providers/compile-azure.ts";
import { compileGoogleIdentity } from "../providers/compile-google.ts";
import type {
  AwsManagerSettings,
  AzureManagerSettings,
  GoogleManagerSettings,
  ManagerSettings,
  SecretManager,
  VaultLogin,
  VaultSettings,
} from "../references/secret-manager-settings.ts";
import { resolveSecret, trimmedEnv } from "../resolve-secret.ts";
import { createSecretValue, type SecretValue } from "../secret-value.ts";
import { readCertificates } from "./read-pem.ts";

/**
 * How a service is called that keeps secrets and keys; undefined after a report. What the
 * configuration leaves out is found in the environment. `scope` is that of `secret_managers`.
 */
export function compileSecretManager(
  manager: SecretManager,
  configured: SecretManagers | undefined,
  scope: ConfigScope,
): ManagerSettings | undefined {
  const managers = configured ?? create(SecretManagersSchema);
  switch (manager) {
    case "vault":
      return compileVault(managers.vault, inField(scope, "vault"));
    case "aws":
      return compileAws(managers, inField(scope, "aws"));
    case "google":
      return compileGoogle(managers, inField(scope, "google"));
    case "azure":
      return compileAzure(managers, inField(scope, "azure"));
  }
}

/** Vault's own tools read the same variables: https://developer.hashicorp.com/vault/docs/commands */
function compileVault(
  configured: VaultConnection | undefined,
  scope: ConfigScope,
): VaultSettings | undefined {
  const connection = configured ?? create(VaultConnectionSchema);
  const env = (name: string) => trimmedEnv(scope.sources.env, name);
  const address = connection.address || env("VAULT_ADDR");
  if (address === "")
    return problem(inField(scope, "address"), {
      message: "is missing: nothing says where Vault is",
      hint: "write secret_managers: { vault: { address: https://vault.example.com:8200 } }, or set VAULT_ADDR",
      ruleId: "vault_address",
    });
  const url = serviceUrl(address, inField(scope, "address"), "https://vault.example.com:8200");
  const caFile = connection.caFile || env("VAULT_CACERT");
  const ca = readCertificates(caFile, inField(scope, "ca_file"));
  const login = compileLogin(connection, scope);
  if (url === undefined || login === undefined || (caFile !== "" && ca === undefined))
    return undefined;
  return {
    kind: "vault",
    url,
    namespace: connection.namespace || env("VAULT_NAMESPACE"),
    ca,
    login,
  };
}

function compileLogin({ login }: VaultConnection, scope: ConfigScope): VaultLogin | undefined {
  switch (login.case) {
    case "token": {
      const token = ownSecret(login.value, inField(scope, "token"));
      return token && { kind: "token", token };
    }
    case "appRole": {
      const at = inField(scope, "app_role");
      const { roleId, secretId, mount } = login.value;
      const id = ownSecret(roleId, inField(at, "role_id"));
      const secret = ownSecret(secretId, inField(at, "secret_id"));
      if (id === undefined || (secretId !== undefined && secret === undefined)) return undefined;
      return { kind: "app_role", mount: mount || "approle", roleId: id, secretId: secret };
    }
    case "kubernetes": {
      const { role, mount, tokenFile } = login.value;
      return {
        kind: "kubernetes",
        mount: mount || "kubernetes",
        role,
        tokenFile: tokenFile || "/var/run/secrets/kubernetes.io/serviceaccount/token",
      };
    }
    case undefined: {
      const token = trimmedEnv(scope.sources.env, "VAULT_TOKEN");
      if (token !== "") return { kind: "token", token: createSecretValue(token) };
      return problem(inField(scope, "token"), {
        message: "is missing: nothing says who the gateway is at Vault",
        hint: "write token, app_role or kubernetes in secret_managers.vault, or set VAULT_TOKEN",
        ruleId: "vault_login",
      });
    }
  }
}

/** A secret that no secret manager keeps: it would be needed to read it. */
function ownSecret(secret: Secret | undefined, scope: ConfigScope): SecretValue | undefined {
  const { managed: _, ...sources } = scope.sources;
  return resolveSecret(secret, { ...scope, sources });
}

function compileAws({ aws }: SecretManagers, scope: ConfigScope): AwsManagerSettings | undefined {
  const options = aws ?? create(AwsOptionsSchema);
  const region = options.region || regionOf(scope.sources.env);
  const identity = compileAwsIdentity(
    { ...options, region },
    // A reference may name a region itself.
    { service: "secretsmanager", own: undefined, isRegionOptional: true },
    scope,
  );
  const secretsmanager = ownEndpoint("AWS_ENDPOINT_URL_SECRETS_MANAGER", scope);
  const kms = ownEndpoint("AWS_ENDPOINT_URL_KMS", scope);
  if (identity === undefined || secretsmanager === "broken" || kms === "broken") return undefined;
  return {
    kind: "aws",
    identity,
    region,
    roleArn: options.roleArn,
    endpoints: {
      ...(secretsmanager === undefined ? {} : { secretsmanager }),
      ...(kms === undefined ? {} : { kms }),
    },
  };
}

/**
 * See https://docs.aws.amazon.com/sdkref/latest/guide/feature-ss-endpoints.html; "broken" after a
 * report.
 */
function ownEndpoint(name: string, scope: ConfigScope): BaseUrl | "broken" | undefined {
  const { env } = scope.sources;
  const text = trimmedEnv(env, name) || trimmedEnv(env, "AWS_ENDPOINT_URL");
  if (text === "") return undefined;
  return serviceUrl(text, scope, "https://kms.us-east-1.amazonaws.com", `${name}: `) ?? "broken";
}

function compileGoogle(
  { google }: SecretManagers,
  scope: ConfigScope,
): GoogleManagerSettings | undefined {
  const audience = "https://www.googleapis.com/auth/cloud-platform";
  const found = compileGoogleIdentity(
    google,
    { audience, own: undefined, needsProject: false },
    scope,
  );
  const secretmanager = googleEndpoint("secretmanager", scope);
  const cloudkms = googleEndpoint("cloudkms", scope);
  if (found?.tokens === undefined || secretmanager === undefined || cloudkms === undefined)
    return undefined;
  const { project, tokens } = found;
  return { kind: "google", project, tokens, endpoints: { secretmanager, cloudkms } };
}

/** gcloud reads the same variables: https://cloud.google.com/sdk/gcloud/reference/topic/configurations */
function googleEndpoint(service: string, scope: ConfigScope): BaseUrl | undefined {
  const name = `CLOUDSDK_API_ENDPOINT_OVERRIDES_${service.toUpperCase()}`;
  const usual = `https://${service}.googleapis.com`;
  return serviceUrl(trimmedEnv(scope.sources.env, name) || usual, scope, usual, `${name}: `);
}

function compileAzure(
  { azure }: SecretManagers,
  scope: ConfigScope,
): AzureManagerSettings | undefined {
  const tokens = findEntraTokens(azure ?? create(AzureOptionsSchema), azure !== undefined, scope);
  if (tokens === "broken") return undefined;
  if (tokens === undefined)
    return problem(scope, {
      message: "is missing: no credentials of Azure were found",
      hint: "write secret_managers: { azure: {} } for the managed identity of the host, or set AZURE_CLIENT_ID and what goes with it",
      ruleId: "credential_missing",
    });
  return { kind: "azure", tokens: { ...tokens, scope: "" } };
}

/** The address of a service without a slash at its end; undefined after a report. */
function serviceUrl(
  text: string,
  scope: ConfigScope,
  example: string,
  name = "",
): BaseUrl | undefined {
  const url = /\s/.test(text) ? null : URL.parse(text);
  const isPlain =
    url !== null &&
    /^https?:$/.test(url.protocol) &&
    [url.username, url.password, url.search, url.hash].every((part) => part === "");
  if (isPlain) return { origin: url.origin, path: url.pathname.replace(/\/+$/, "") };
  return problem(scope, {
    message: `${name}is not an http or https URL without a user and a query`,
    hint: `write it as ${example}`,
    ruleId: "service_url",
  });
}
