import { create } from "@bufbuild/protobuf";
import {
  ClientAuthentication,
  type OAuth2Options,
  OAuth2OptionsSchema,
} from "../../../gen/parlance/config/v1/oauth2_options_pb.js";
import type { Provider } from "../../../gen/parlance/config/v1/provider_pb.js";
import { type CatalogRow, exchangesKeys } from "../../adapters/catalog/catalog-row.ts";
import { fieldPath } from "../document/field-path.ts";
import type { Report } from "../finding.ts";
import type { OAuth2Plan } from "../plan.ts";
import { resolveSecret, type SecretSources } from "../resolve-secret.ts";
import { hasApiKey } from "./own-credential.ts";
import { parseTokenUrl } from "./parse-token-url.ts";

/** IBM's own IAM; see https://cloud.ibm.com/docs/account?topic=account-iamtoken_from_apikey. */
const ibmTokenUrl = "https://iam.cloud.ibm.com/identity/token";

/** Compiles where a token of OAuth 2.0 is fetched. Undefined where none is, or after a report. */
export function compileOAuth2(
  provider: Provider,
  row: CatalogRow,
  path: string,
  sources: SecretSources,
  report: Report,
): OAuth2Plan | undefined {
  const { oauth2 } = provider;
  if (exchangesKeys(row))
    return compileExchange(oauth2 ?? create(OAuth2OptionsSchema), path, report);
  if (oauth2 === undefined) return undefined;
  const problem = (message: string, hint: string): undefined => {
    report({ path, message, hint, ruleId: "oauth2_options" });
  };
  if (row.dialect === "sim")
    return problem("is not for kind sim, which calls nobody", "leave it out");
  if (hasApiKey(provider)) return problem("stands beside api_key", "leave one of them out");
  return compileClientCredentials(oauth2, path, sources, report);
}

/** API keys are exchanged: nothing but the address can be said. */
function compileExchange(
  oauth2: OAuth2Options,
  path: string,
  report: Report,
): OAuth2Plan | undefined {
  const { tokenUrl, ...others } = oauth2;
  for (const [field, given] of [
    ["client_id", others.clientId !== ""],
    ["client_secret", others.clientSecret !== undefined],
    ["scope", others.scope !== ""],
    ["audience", others.audience !== ""],
    ["client_authentication", others.clientAuthentication !== ClientAuthentication.UNSPECIFIED],
    ["parameters", Object.keys(others.parameters).length > 0],
  ] as const) {
    if (!given) continue;
    const message = "is not used: the API key itself is exchanged for a token";
    report({
      path: fieldPath(path, field),
      message,
      hint: "leave it out",
      ruleId: "oauth2_options",
    });
  }
  const url = parseTokenUrl(tokenUrl || ibmTokenUrl, fieldPath(path, "token_url"), report);
  return url === undefined ? undefined : { tokenUrl: url, grant: { kind: "ibm_api_key" } };
}

function compileClientCredentials(
  oauth2: OAuth2Options,
  path: string,
  sources: SecretSources,
  report: Report,
): OAuth2Plan | undefined {
  const missing = (field: string, hint: string) =>
    report({ path: fieldPath(path, field), message: "is missing", hint, ruleId: "oauth2_options" });
  const { tokenUrl, clientId, clientSecret, scope, audience, clientAuthentication } = oauth2;
  if (tokenUrl === "") missing("token_url", 'write token_url: "https://host/path"');
  if (clientId === "") missing("client_id", "write client_id: text");
  if (clientSecret === undefined) missing("client_secret", "write client_secret: { env: NAME }");
  checkParameters(oauth2, path, report);
  const url =
    tokenUrl === "" ? undefined : parseTokenUrl(tokenUrl, fieldPath(path, "token_url"), report);
  const secret =
    clientSecret === undefined
      ? undefined
      : resolveSecret(clientSecret, fieldPath(path, "client_secret"), sources, report);
  if (url === undefined || secret === undefined || clientId === "") return undefined;
  const parameters: (readonly [string, string])[] = Object.entries(oauth2.parameters);
  if (scope !== "") parameters.unshift(["scope", scope]);
  if (audience !== "") parameters.unshift(["audience", audience]);
  const authentication = clientAuthentication === ClientAuthentication.BODY ? "body" : "header";
  return {
    tokenUrl: url,
    grant: {
      kind: "client_credentials",
      clientId,
      clientSecret: secret,
      authentication,
      parameters,
    },
  };
}

/**
 * Parameters that have a field of their own would be in the form twice, which RFC 6749, 3.2
 * forbids.
 */
const ownParameters = new Set(["grant_type", "client_id", "client_secret", "scope", "audience"]);

function checkParameters(oauth2: OAuth2Options, path: string, report: Report): void {
  for (const name of Object.keys(oauth2.parameters)) {
    if (!ownParameters.has(name)) continue;
    const at = fieldPath(fieldPath(path, "parameters"), name);
    const hint = name === "grant_type" ? "leave it out" : `write it as ${name} beside token_url`;
    report({ path: at, message: "is set by the gateway alone", hint, ruleId: "oauth2_options" });
  }
}
