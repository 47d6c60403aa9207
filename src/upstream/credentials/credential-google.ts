import { Buffer } from "node:buffer";
import { sign } from "node:crypto";
import type { GoogleTokenSource } from "../../config/provider-identity.ts";
import { fetchFederatedToken } from "./credential-google-federated.ts";
import type { Loaded } from "./expiring-value.ts";
import type { Token } from "./token.ts";
import { requestToken, type TokenClient, type TokenRequest } from "./token-request.ts";

/** Fetches a token of Google. Rejects as `requestToken` does. */
export async function fetchGoogleToken(
  source: GoogleTokenSource,
  client: TokenClient,
): Promise<Loaded<Token>> {
  const loaded = await fetchFrom(source, client);
  const quotaProject = source.kind === "metadata" ? "" : source.quotaProject;
  const headers = quotaProject === "" ? [] : ["x-goog-user-project", quotaProject];
  return { ...loaded, value: { value: loaded.value, headers } };
}

function fetchFrom(source: GoogleTokenSource, client: TokenClient): Promise<Loaded<string>> {
  switch (source.kind) {
    case "service_account": {
      const assertion = printAssertion(source, client.nowMs());
      const form = [
        ["grant_type", "urn:ietf:params:oauth:grant-type:jwt-bearer"],
        ["assertion", assertion],
      ] as const;
      return requestToken(client, { url: source.tokenUrl, form });
    }
    case "authorized_user":
      return requestToken(client, userRequest(source));
    case "federated":
      return fetchFederatedToken(source.json.reveal(), source.scope, client);
    case "metadata":
      return requestToken(client, metadataRequest(source));
  }
}

type Source<Kind extends GoogleTokenSource["kind"]> = Extract<
  GoogleTokenSource,
  { readonly kind: Kind }
>;

/** See https://developers.google.com/identity/protocols/oauth2/web-server#offline. */
function userRequest({
  tokenUrl,
  clientId,
  clientSecret,
  refreshToken,
}: Source<"authorized_user">): TokenRequest {
  return {
    url: tokenUrl,
    form: [
      ["grant_type", "refresh_token"],
      ["client_id", clientId],
      ["client_secret", clientSecret.reveal()],
      ["refresh_token", refreshToken.reveal()],
    ],
  };
}

/** See https://cloud.google.com/compute/docs/access/authenticate-workloads. */
function metadataRequest({ origin, scope }: Source<"metadata">): TokenRequest {
  const path = "/computeMetadata/v1/instance/service-accounts/default/token";
  const query = new URLSearchParams({ scopes: scope });
  return { url: { origin, path: `${path}?${query}` }, headers: ["metadata-flavor", "Google"] };
}

/**
 * A claim signed with RS256, good for an hour; see
 * https://developers.google.com/identity/protocols/oauth2/service-account.
 */
function printAssertion(account: Source<"service_account">, nowMs: number): string {
  const { email, keyId, privateKey, tokenUrl, scope } = account;
  const now = Math.floor(nowMs / 1000);
  const header = { alg: "RS256", typ: "JWT", ...(keyId === "" ? {} : { kid: keyId }) };
  const claims = {
    iss: email,
    scope,
    aud: tokenUrl.origin + tokenUrl.path,
    iat: now,
    exp: now + 3600,
  };
  const encode = (part: object) => Buffer.from(JSON.stringify(part)).toString("base64url");
  const signed = `${encode(header)}.${encode(claims)}`;
  return `${signed}.${sign("RSA-SHA256", Buffer.from(signed), privateKey.reveal()).toString("base64url")}`;
}
