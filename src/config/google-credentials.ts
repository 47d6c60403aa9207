import type { Secret } from "../../gen/parlance/config/v1/secret_pb.js";
import { isObject, type JsonObject, parseJson, stringAt } from "../core/json.ts";
import { fieldPath } from "./field-path.ts";
import type { Report } from "./finding.ts";
import { readOrReason, resolveSecret, type SecretSources, trimmedEnv } from "./resolve-secret.ts";
import { createSecretValue, type SecretValue } from "./secret-value.ts";

/** The credentials file that was found, if there is one. */
export interface GoogleCredentials {
  /** The JSON text; absent: nothing was found. */
  readonly json?: SecretValue;
  /** The project that it names; "" where it names none. */
  readonly projectId: string;
}

/**
 * Finds application default credentials in the order of Google's own libraries: what the configuration says, the file that
 * GOOGLE_APPLICATION_CREDENTIALS names, the file of `gcloud auth application-default login`. "broken" after a report.
 * See https://cloud.google.com/docs/authentication/application-default-credentials.
 */
export function findGoogleCredentials(
  configured: Secret | undefined,
  path: string,
  sources: SecretSources,
  report: Report,
): GoogleCredentials | "broken" {
  const at = fieldPath(path, "credentials");
  if (configured !== undefined) {
    const secret = resolveSecret(configured, at, sources, report);
    return secret === undefined ? "broken" : checked(secret.reveal(), at, "", report);
  }
  const named = trimmedEnv(sources.env, "GOOGLE_APPLICATION_CREDENTIALS");
  if (named !== "") {
    const read = readOrReason(named, sources.readText);
    const what = "the file of GOOGLE_APPLICATION_CREDENTIALS";
    if (read.ok) return checked(read.text, at, `${what} `, report);
    const message = `${what} cannot be read: ${read.reason}`;
    report({ path: at, message, hint: "correct the variable, or unset it", ruleId: "secret_unreadable" });
    return "broken";
  }
  const file = gcloudFile(sources.env);
  const read = file === undefined ? undefined : readOrReason(file, sources.readText);
  if (read?.ok !== true || read.text.trim() === "") return { projectId: "" };
  return checked(read.text, at, "the file that gcloud wrote ", report);
}

function gcloudFile(env: SecretSources["env"]): string | undefined {
  const home = trimmedEnv(env, "HOME");
  const roaming = trimmedEnv(env, "APPDATA");
  const usual = home !== "" ? `${home}/.config/gcloud` : roaming !== "" ? `${roaming}/gcloud` : "";
  const folder = trimmedEnv(env, "CLOUDSDK_CONFIG") || usual;
  return folder === "" ? undefined : `${folder}/application_default_credentials.json`;
}

/** What each type of credentials cannot do without; see https://google.aip.dev/auth/4110 and the pages beside it. */
const needs: Readonly<Record<string, readonly string[]>> = {
  service_account: ["client_email", "private_key"],
  authorized_user: ["client_id", "client_secret", "refresh_token"],
  external_account: ["audience", "subject_token_type", "credential_source"],
  external_account_authorized_user: ["client_id", "client_secret", "refresh_token"],
  impersonated_service_account: ["service_account_impersonation_url", "source_credentials"],
};

function checked(text: string, path: string, source: string, report: Report): GoogleCredentials | "broken" {
  const problem = (message: string): "broken" => {
    const hint = "give the JSON that Google Cloud's console or gcloud wrote";
    report({ path, message: `${source}${message}`, hint, ruleId: "google_credentials" });
    return "broken";
  };
  const parsed = parseJson(text);
  if (!parsed.ok || !isObject(parsed.value)) return problem("is not a JSON object");
  const credentials = parsed.value;
  const type = stringAt(credentials, "type") ?? "";
  const needed = Object.hasOwn(needs, type) ? needs[type] : undefined;
  if (needed === undefined) return problem("has a `type` that is not one of the known credentials");
  const missing = needed.find((name) => !isGiven(credentials, name));
  if (missing !== undefined) return problem(`has no \`${missing}\``);
  const projectId = stringAt(credentials, "project_id") ?? stringAt(credentials, "quota_project_id") ?? "";
  return { json: createSecretValue(text), projectId };
}

function isGiven(credentials: JsonObject, name: string): boolean {
  const value = credentials[name];
  return isObject(value) || (typeof value === "string" && value !== "");
}
