import type {
  AwsSecret,
  AzureSecret,
  GcpSecret,
  VaultSecret,
} from "../../gen/parlance/config/v1/secret_reference_pb.js";
import { VaultEngine } from "../../gen/parlance/config/v1/secret_reference_pb.js";
import { parseBase64 } from "../json/base64.ts";
import { decodeUtf8, type JsonObject, objectAt, stringAt } from "../json/json.ts";
import type { AwsService, AzureService, GoogleService } from "./clouds.ts";
import { ServiceError } from "./service-error.ts";
import type { VaultClient } from "./vault/vault-client.ts";

/** What a secret manager keeps under one name: a text, or fields. */
export type SecretDocument = { readonly text: string } | { readonly fields: JsonObject };

/** Reads a secret of Vault: https://developer.hashicorp.com/vault/api-docs/secret/kv */
export async function readVault(
  vault: VaultClient,
  { path, mount, engine, version }: VaultSecret,
): Promise<SecretDocument> {
  const at = mount || "secret";
  if (engine === VaultEngine.PLAIN) return { fields: await vault.read(`${at}/${path}`) };
  const query = version === 0 ? "" : `?version=${version}`;
  const fields = objectAt(await vault.read(`${at}/data/${path}${query}`), "data");
  if (fields === undefined) throw new ServiceError("missing", "this version was deleted");
  return { fields };
}

/** https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_GetSecretValue.html */
export async function readAws(aws: AwsService, { id }: AwsSecret): Promise<SecretDocument> {
  const reply = await aws.call("secretsmanager.GetSecretValue", { SecretId: id });
  return textOf(stringAt(reply, "SecretString") ?? bytesOf(stringAt(reply, "SecretBinary")));
}

/**
 * https://cloud.google.com/secret-manager/docs/reference/rest/v1/projects.secrets.versions/access
 */
export async function readGoogle(
  google: GoogleService,
  { secret, version }: GcpSecret,
  project: string,
): Promise<SecretDocument> {
  const path = `/v1/projects/${project}/secrets/${secret}/versions/${version || "latest"}:access`;
  const payload = objectAt(await google.call("GET", path), "payload");
  return textOf(bytesOf(payload && stringAt(payload, "data")));
}

/** https://learn.microsoft.com/en-us/rest/api/keyvault/secrets/get-secret/get-secret */
export async function readAzure(
  azure: AzureService,
  { name, version }: AzureSecret,
): Promise<SecretDocument> {
  return textOf(stringAt(await azure.call("GET", `/secrets/${name}/${version}`), "value"));
}

function bytesOf(base64: string | undefined): string | undefined {
  const bytes = base64 === undefined ? undefined : parseBase64(base64);
  return bytes === undefined ? undefined : decodeUtf8(bytes);
}

function textOf(text: string | undefined): SecretDocument {
  if (text === undefined) throw new ServiceError("down", "the reply holds no text");
  return { text };
}
