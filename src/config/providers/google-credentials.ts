import type { Secret } from "../../../gen/parlance/config/v1/secret_pb.js";
import type { SecretSources } from "../config-scope.ts";
import { type ConfigScope, inField, problem } from "../config-scope.ts";
import { readOrReason, resolveSecret, trimmedEnv } from "../resolve-secret.ts";
import { createSecretValue } from "../secret-value.ts";
import { type GoogleCredentials, readGoogleCredentials } from "./read-google-credentials.ts";

/**
 * Finds application default credentials in the order of Google's own libraries: what the
 * configuration says, the file that GOOGLE_APPLICATION_CREDENTIALS names, the file of `gcloud auth
 * application-default login`. "broken" after a report. See
 * https://cloud.google.com/docs/authentication/application-default-credentials.
 */
export function findGoogleCredentials(
  configured: Secret | undefined,
  scope: ConfigScope,
): GoogleCredentials | "broken" {
  const at = inField(scope, "credentials");
  const { sources } = scope;
  if (sources.leaveOut !== undefined && configured?.source.case !== "value") {
    if (configured !== undefined || namedFile(sources.env) !== "") sources.leaveOut(at.path);
    return unread;
  }
  if (configured !== undefined) {
    const secret = resolveSecret(configured, at);
    return secret === undefined ? "broken" : readGoogleCredentials(secret.reveal(), at, "");
  }
  const named = namedFile(sources.env);
  if (named !== "") {
    const read = readOrReason(named, sources.readText);
    const what = "the file of GOOGLE_APPLICATION_CREDENTIALS";
    if (read.ok) return readGoogleCredentials(read.text, at, `${what} `);
    const message = `${what} cannot be read: ${read.reason}`;
    problem(at, {
      message,
      hint: "correct the variable, or unset it",
      ruleId: "secret_unreadable",
    });
    return "broken";
  }
  const file = gcloudFile(sources.env);
  const read = file === undefined ? undefined : readOrReason(file, sources.readText);
  if (read?.ok !== true || read.text.trim() === "") return { projectId: "" };
  return readGoogleCredentials(read.text, at, "the file that gcloud wrote ");
}

/** What stands for credentials that are not looked up. */
const unread: GoogleCredentials = {
  file: { kind: "federated", json: createSecretValue("not-looked-up"), quotaProject: "" },
  projectId: "not-looked-up",
};

function namedFile(env: SecretSources["env"]): string {
  return trimmedEnv(env, "GOOGLE_APPLICATION_CREDENTIALS");
}

function gcloudFile(env: SecretSources["env"]): string | undefined {
  const home = trimmedEnv(env, "HOME");
  const roaming = trimmedEnv(env, "APPDATA");
  const usual = home !== "" ? `${home}/.config/gcloud` : roaming !== "" ? `${roaming}/gcloud` : "";
  const folder = trimmedEnv(env, "CLOUDSDK_CONFIG") || usual;
  return folder === "" ? undefined : `${folder}/application_default_credentials.json`;
}
