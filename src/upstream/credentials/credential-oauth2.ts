import { Buffer } from "node:buffer";
import type { BaseUrl, OAuth2Identity } from "../../config/provider-identity.ts";
import type { SecretValue } from "../../config/secret-value.ts";
import type { Loaded } from "./expiring-value.ts";
import type { Token } from "./token.ts";
import { requestToken, type TokenClient } from "./token-request.ts";

type Grant<Kind extends OAuth2Identity["grant"]["kind"]> = Extract<
  OAuth2Identity["grant"],
  { readonly kind: Kind }
>;

/** Fetches a token with client credentials; see RFC 6749, 4.4. Rejects as `requestToken` does. */
export async function fetchClientCredentialsToken(
  tokenUrl: BaseUrl,
  grant: Grant<"client_credentials">,
  client: TokenClient,
): Promise<Loaded<Token>> {
  const { clientId, authentication, parameters } = grant;
  const clientSecret = grant.clientSecret.reveal();
  const inBody = authentication === "body";
  const loaded = await requestToken(client, {
    url: tokenUrl,
    headers: inBody ? [] : ["authorization", printBasic(clientId, clientSecret)],
    form: [
      ["grant_type", "client_credentials"],
      ...(inBody
        ? ([
            ["client_id", clientId],
            ["client_secret", clientSecret],
          ] as const)
        : []),
      ...parameters,
    ],
  });
  return { ...loaded, value: { value: loaded.value } };
}

/** Id and secret are form-encoded before they are joined; see RFC 6749, 2.3.1. */
function printBasic(clientId: string, clientSecret: string): string {
  const encode = (text: string) => new URLSearchParams([["", text]]).toString().slice(1);
  return `Basic ${Buffer.from(`${encode(clientId)}:${encode(clientSecret)}`).toString("base64")}`;
}

/**
 * Exchanges an API key of IBM Cloud for a token. Rejects as `requestToken` does.
 * See https://cloud.ibm.com/docs/account?topic=account-iamtoken_from_apikey.
 */
export async function fetchIbmToken(
  tokenUrl: BaseUrl,
  apiKey: SecretValue,
  client: TokenClient,
): Promise<Loaded<Token>> {
  const loaded = await requestToken(client, {
    url: tokenUrl,
    form: [
      ["grant_type", "urn:ibm:params:oauth:grant-type:apikey"],
      ["apikey", apiKey.reveal()],
    ],
  });
  return { ...loaded, value: { value: loaded.value } };
}
