import { type SignIn, signInPath } from "../../core/caller/sign-in.ts";
import { memberOf, textMember } from "../../identity/discovery.ts";
import { fetchJson, IssuerFailure } from "../../identity/fetch-json.ts";
import { SignInError } from "./sign-in-error.ts";

/** Asks a gateway how people sign in. Throws SignInError. */
export async function readSignIns(gatewayUrl: string): Promise<readonly SignIn[]> {
  const url = `${gatewayUrl.replace(/\/$/, "")}${signInPath}`;
  const found = await fetchJson(url, {}).catch((error: unknown) => {
    if (!(error instanceof IssuerFailure)) throw error;
    throw new SignInError(`${error.message}: does a gateway listen there? --url names another`, {
      cause: error,
    });
  });
  const signIns = memberOf(found, "sign_ins");
  return Array.isArray(signIns) ? signIns.map(signInOf) : [];
}

function signInOf(value: unknown): SignIn {
  const scopes = memberOf(value, "scopes");
  return {
    name: textMember(value, "name"),
    issuer: textMember(value, "issuer"),
    clientId: textMember(value, "client_id"),
    scopes: Array.isArray(scopes) ? scopes.map(String) : [],
    token: textMember(value, "token") === "id_token" ? "id_token" : "access_token",
  };
}
