import { createPrivateKey } from "node:crypto";
import { isObject, type JsonObject, parseJson, stringAt } from "../../json/json.ts";
import { type ConfigScope, problem } from "../config-scope.ts";
import type { GoogleCredentialsFile } from "../provider-identity.ts";
import { createSecretValue } from "../secret-value.ts";
import { parseTokenUrl } from "./parse-token-url.ts";

/** The credentials file that was found, if there is one. */
export interface GoogleCredentials {
  /** Absent: nothing was found. */
  readonly file?: GoogleCredentialsFile;
  /** The project that it names; "" where it names none. */
  readonly projectId: string;
}

/**
 * Reads the JSON of a credentials file. "broken" after a report, which begins with `source` and
 * repeats nothing of the text. See https://google.aip.dev/auth/4110 and the pages beside it.
 */
export function readGoogleCredentials(
  text: string,
  scope: ConfigScope,
  source: string,
): GoogleCredentials | "broken" {
  const refuse = (message: string): "broken" => {
    const hint = "give the JSON that Google Cloud's console or gcloud wrote";
    problem(scope, { message: `${source}${message}`, hint, ruleId: "google_credentials" });
    return "broken";
  };
  const parsed = parseJson(text);
  if (!parsed.ok || !isObject(parsed.value)) return refuse("is not a JSON object");
  const json = parsed.value;
  const type = stringAt(json, "type") ?? "";
  const needed = Object.hasOwn(needs, type) ? needs[type] : undefined;
  if (needed === undefined) return refuse("has a `type` that is not one of the known credentials");
  const lacking = needed.find((name) => !isGiven(json, name));
  if (lacking !== undefined) return refuse(`has no \`${lacking}\``);
  if (type === "service_account" && !isPrivateKey(textAt(json, "private_key"))) {
    return refuse("has a `private_key` that is not an RSA key in PEM");
  }
  const file = compileFile(type, json, text, scope);
  const quotaProject = textAt(json, "quota_project_id");
  return file === undefined
    ? "broken"
    : { file, projectId: textAt(json, "project_id") || quotaProject };
}

/** What each type of credentials cannot do without. */
const needs: Readonly<Record<string, readonly string[]>> = {
  service_account: ["client_email", "private_key"],
  authorized_user: ["client_id", "client_secret", "refresh_token"],
  external_account: ["audience", "subject_token_type", "credential_source"],
  external_account_authorized_user: ["client_id", "client_secret", "refresh_token"],
  impersonated_service_account: ["service_account_impersonation_url", "source_credentials"],
};

/** Where Google issues tokens unless the file says otherwise. */
const googleTokenUrl = "https://oauth2.googleapis.com/token";

function compileFile(
  type: string,
  file: JsonObject,
  text: string,
  scope: ConfigScope,
): GoogleCredentialsFile | undefined {
  const quotaProject = textAt(file, "quota_project_id");
  if (type !== "service_account" && type !== "authorized_user") {
    return { kind: "federated", json: createSecretValue(text), quotaProject };
  }
  const tokenUrl = parseTokenUrl(textAt(file, "token_uri") || googleTokenUrl, scope);
  if (tokenUrl === undefined) return undefined;
  if (type === "service_account") {
    const privateKey = createSecretValue(textAt(file, "private_key"));
    const [email, keyId] = [textAt(file, "client_email"), textAt(file, "private_key_id")];
    return { kind: type, tokenUrl, email, keyId, privateKey, quotaProject };
  }
  const clientId = textAt(file, "client_id");
  const clientSecret = createSecretValue(textAt(file, "client_secret"));
  const refreshToken = createSecretValue(textAt(file, "refresh_token"));
  return { kind: type, tokenUrl, clientId, clientSecret, refreshToken, quotaProject };
}

function textAt(file: JsonObject, name: string): string {
  return stringAt(file, name) ?? "";
}

function isGiven(file: JsonObject, name: string): boolean {
  return isObject(file[name]) || textAt(file, name) !== "";
}

function isPrivateKey(pem: string): boolean {
  try {
    return createPrivateKey(pem).asymmetricKeyType === "rsa";
  } catch {
    return false;
  }
}
