import { create } from "@bufbuild/protobuf";
import {
  ClientAuthentication,
  type OAuth2Options,
  OAuth2OptionsSchema,
} from "../../../gen/parlance/config/v1/oauth2_options_pb.js";
import type { Provider } from "../../../gen/parlance/config/v1/provider_pb.js";
import { type CatalogRow, exchangesKeys } from "../../adapters/catalog/catalog-row.ts";
import { type ConfigScope, inField, problem } from "../config-scope.ts";
import type { OAuth2Identity } from "../provider-identity.ts";
import { resolveSecret } from "../resolve-secret.ts";
import { hasApiKey } from "./own-credential.ts";
import { parseTokenUrl } from "./parse-token-url.ts";

/** IBM's own IAM; see https://cloud.ibm.com/docs/account?topic=account-iamtoken_from_apikey. */
const ibmTokenUrl = "https://iam.cloud.ibm.com/identity/token";

/** Compiles where a token of OAuth 2.0 is fetched. Undefined where none is, or after a report. */
export function compileOAuth2(
  provider: Provider,
  row: CatalogRow,
  ofProvider: ConfigScope,
): OAuth2Identity | undefined {
  const scope = inField(ofProvider, "oauth2");
  const { oauth2 } = provider;
  if (exchangesKeys(row)) return compileExchange(oauth2 ?? create(OAuth2OptionsSchema), scope);
  if (oauth2 === undefined) return undefined;
  const refuse = (message: string, hint: string): undefined => {
    problem(scope, { message, hint, ruleId: "oauth2_options" });
  };
  if (row.dialect === "sim")
    return refuse("is not for kind sim, which calls nobody", "leave it out");
  if (hasApiKey(provider)) return refuse("stands beside api_key", "leave one of them out");
  return compileClientCredentials(oauth2, scope);
}

/** API keys are exchanged: nothing but the address can be said. */
function compileExchange(oauth2: OAuth2Options, scope: ConfigScope): OAuth2Identity | undefined {
  const { tokenUrl, ...others } = oauth2;
  for (const [field, configured] of [
    ["client_id", others.clientId !== ""],
    ["client_secret", others.clientSecret !== undefined],
    ["scope", others.scope !== ""],
    ["audience", others.audience !== ""],
    ["client_authentication", others.clientAuthentication !== ClientAuthentication.UNSPECIFIED],
    ["parameters", Object.keys(others.parameters).length > 0],
  ] as const) {
    if (!configured) continue;
    const message = "is not used: the API key itself is exchanged for a token";
    problem(inField(scope, field), { message, hint: "leave it out", ruleId: "oauth2_options" });
  }
  const url = parseTokenUrl(tokenUrl || ibmTokenUrl, inField(scope, "token_url"));
  return url === undefined ? undefined : { tokenUrl: url, grant: { kind: "ibm_api_key" } };
}

function compileClientCredentials(
  oauth2: OAuth2Options,
  scope: ConfigScope,
): OAuth2Identity | undefined {
  const missing = (field: string, hint: string) =>
    problem(inField(scope, field), { message: "is missing", hint, ruleId: "oauth2_options" });
  const { tokenUrl, clientId, clientSecret, audience, clientAuthentication } = oauth2;
  if (tokenUrl === "") missing("token_url", 'write token_url: "https://host/path"');
  if (clientId === "") missing("client_id", "write client_id: text");
  if (clientSecret === undefined) missing("client_secret", "write client_secret: { env: NAME }");
  checkParameters(oauth2, scope);
  const url = tokenUrl === "" ? undefined : parseTokenUrl(tokenUrl, inField(scope, "token_url"));
  const secret = resolveSecret(clientSecret, inField(scope, "client_secret"));
  if (url === undefined || secret === undefined || clientId === "") return undefined;
  const parameters: (readonly [string, string])[] = Object.entries(oauth2.parameters);
  if (oauth2.scope !== "") parameters.unshift(["scope", oauth2.scope]);
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

function checkParameters(oauth2: OAuth2Options, scope: ConfigScope): void {
  for (const name of Object.keys(oauth2.parameters)) {
    if (!ownParameters.has(name)) continue;
    const at = inField(inField(scope, "parameters"), name);
    const hint = name === "grant_type" ? "leave it out" : `write it as ${name} beside token_url`;
    problem(at, { message: "is set by the gateway alone", hint, ruleId: "oauth2_options" });
  }
}
