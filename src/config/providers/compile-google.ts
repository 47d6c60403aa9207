import { create } from "@bufbuild/protobuf";
import {
  type GoogleOptions,
  GoogleOptionsSchema,
} from "../../../gen/parlance/config/v1/google_options_pb.js";
import type { Provider } from "../../../gen/parlance/config/v1/provider_pb.js";
import { type CatalogRow, googleScope } from "../../adapters/catalog/catalog-row.ts";
import { type ConfigScope, inField, problem } from "../config-scope.ts";
import type { GoogleIdentity, GoogleTokenSource } from "../provider-identity.ts";
import { trimmedEnv } from "../resolve-secret.ts";
import { findGoogleCredentials } from "./google-credentials.ts";
import { ownCredential } from "./own-credential.ts";
import { parseTokenUrl } from "./parse-token-url.ts";
import type { GoogleCredentials } from "./read-google-credentials.ts";

/**
 * Compiles which project of Google Cloud is called, and as whom. Undefined for vendors elsewhere,
 * or after a report.
 */
export function compileGoogle(
  provider: Provider,
  row: CatalogRow,
  ofProvider: ConfigScope,
): GoogleIdentity | undefined {
  const scope = inField(ofProvider, "google");
  const { google: configured } = provider;
  const audience = googleScope(row);
  if (audience === undefined) {
    if (configured === undefined) return undefined;
    const message = "is only for vendors on Google Cloud";
    problem(scope, { message, hint: "leave it out", ruleId: "google_options" });
    return undefined;
  }
  const own = ownCredential(provider);
  return compileGoogleIdentity(
    configured,
    { audience, own, needsProject: own !== "api_key" || provider.baseUrl.includes("{project}") },
    scope,
  );
}

/** What tokens of Google are for, and what else there is to show. */
export interface GoogleUse {
  /** The scope of the tokens. */
  readonly audience: string;
  /** What is shown in the place of a token. Undefined: nothing. */
  readonly own: ReturnType<typeof ownCredential>;
  readonly needsProject: boolean;
}

/**
 * Compiles which project is called, and as whom; undefined after a report. `scope` is that of
 * `google`.
 */
export function compileGoogleIdentity(
  configured: GoogleOptions | undefined,
  { audience, own, needsProject }: GoogleUse,
  scope: ConfigScope,
): GoogleIdentity | undefined {
  const google = configured ?? create(GoogleOptionsSchema);
  if (own !== undefined && google.credentials !== undefined) {
    const message = `stands beside ${own}`;
    const hint = "leave one of them out";
    problem(inField(scope, "credentials"), { message, hint, ruleId: "google_credentials" });
  }
  const found = own === undefined ? findGoogleCredentials(google.credentials, scope) : absent;
  if (found === "broken") return undefined;
  // An API key has its own project, so that one of the environment is not meant.
  const env = (name: string) => (own === "api_key" ? "" : trimmedEnv(scope.sources.env, name));
  const location = google.location || env("GOOGLE_CLOUD_LOCATION") || "global";
  const project = google.project || env("GOOGLE_CLOUD_PROJECT") || found.projectId;
  checkPlaces(google, { project, location, needed: needsProject }, scope);
  if (own !== undefined) return { project, location };
  const tokens = tokenSource(found, audience, configured !== undefined, scope);
  return tokens === undefined ? undefined : { project, location, tokens };
}

const absent: GoogleCredentials = { projectId: "" };

/**
 * Both become parts of an address, so that those of the environment are held to the rules of the
 * file.
 */
function checkPlaces(
  google: GoogleOptions,
  {
    project,
    location,
    needed,
  }: { readonly project: string; readonly location: string; readonly needed: boolean },
  scope: ConfigScope,
): void {
  if (project === "" && needed) {
    problem(inField(scope, "project"), {
      message: "is missing: neither the environment nor the credentials name a project",
      hint: "write google: { project: my-project }, or set GOOGLE_CLOUD_PROJECT",
      ruleId: "project_missing",
    });
  } else if (google.project === "" && !/^([a-z0-9.:-]*[a-z0-9])?$/.test(project)) {
    const message = "is not the id of a project";
    problem(inField(scope, "project"), { message, hint: "such as my-project", ruleId: "project" });
  }
  if (google.location === "" && !/^[a-z0-9-]{1,32}$/.test(location)) {
    const message = "is not the code of a location";
    problem(inField(scope, "location"), {
      message,
      hint: "such as europe-west4, or global",
      ruleId: "location",
    });
  }
}

function tokenSource(
  found: GoogleCredentials,
  audience: string,
  onHost: boolean,
  scope: ConfigScope,
): GoogleTokenSource | undefined {
  if (found.file !== undefined) return { ...found.file, scope: audience };
  const host = trimmedEnv(scope.sources.env, "GCE_METADATA_HOST");
  if (!onHost && host === "") {
    problem(inField(scope, "credentials"), {
      message: "is missing: no credentials of Google Cloud were found",
      hint: "set GOOGLE_APPLICATION_CREDENTIALS, or write google: { credentials: { file: key.json } }, or google: {} for the identity of the host",
      ruleId: "credential_missing",
    });
    return undefined;
  }
  return metadataTokens(audience, scope);
}

/** Tokens of the metadata server of the host; undefined after a report. */
export function metadataTokens(
  audience: string,
  scope: ConfigScope,
): GoogleTokenSource | undefined {
  const host = trimmedEnv(scope.sources.env, "GCE_METADATA_HOST");
  const metadata = parseTokenUrl(`http://${host || "metadata.google.internal"}`, scope);
  return metadata === undefined
    ? undefined
    : { kind: "metadata", scope: audience, origin: metadata.origin };
}
