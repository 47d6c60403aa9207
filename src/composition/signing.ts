import type { AwsAccess } from "../config/guard-service-settings.ts";
import type { OAuth2Identity } from "../config/provider-identity.ts";
import type { ConfiguredProvider } from "../config/settings.ts";
import type { CloudAccess } from "../guards/services/ports.ts";
import type { UpstreamSend } from "../upstream/client.ts";
import { createAwsSigning } from "../upstream/credentials/aws-signing.ts";
import { fetchEntraToken } from "../upstream/credentials/credential-entra.ts";
import { fetchGoogleToken } from "../upstream/credentials/credential-google.ts";
import {
  fetchClientCredentialsToken,
  fetchIbmToken,
} from "../upstream/credentials/credential-oauth2.ts";
import type { AwsCredentialSettings } from "../upstream/credentials/credential-sigv4-chain.ts";
import { createExpiringValue, type Loaded } from "../upstream/credentials/expiring-value.ts";
import type { RequestSigning } from "../upstream/credentials/request-signing.ts";
import type { Token } from "../upstream/credentials/token.ts";
import type { TokenClient } from "../upstream/credentials/token-request.ts";
import { createTokenSigning } from "../upstream/credentials/token-signing.ts";

/**
 * What shows who sends a provider's requests, where an API key does not. Undefined where it does,
 * or nothing is sent. Nothing is fetched, and no library is loaded, before the first request.
 * `ways.named` sends to addresses that the provider's settings name, `ways.own` to those of the
 * machine, such as a metadata service.
 */
export function createSigning(
  provider: ConfiguredProvider,
  ways: { readonly named: UpstreamSend; readonly own: UpstreamSend },
  wallMs: () => number,
): RequestSigning | undefined {
  const { name, settings, aws, google, azure, oauth2 } = provider;
  if (aws !== undefined) {
    const { region = "", roleArn = "" } = settings.aws ?? {};
    return createCloudSigning(
      name,
      { kind: "aws", identity: aws, region, roleArn },
      ways.own,
      wallMs,
    );
  }
  const client: TokenClient = { provider: name, upstream: ways.named, nowMs: wallMs };
  const keep = (load: () => Promise<Loaded<Token>>) => createExpiringValue(load, { now: wallMs });
  const [first, ...others] =
    oauth2 === undefined ? [] : oauth2Tokens(oauth2, provider, client).map(keep);
  if (first !== undefined) return createTokenSigning([first, ...others]);
  if (google?.tokens !== undefined) {
    const { tokens } = google;
    const way = tokens.kind === "metadata" ? ways.own : ways.named;
    return createCloudSigning(name, { kind: "google", tokens }, way, wallMs);
  }
  if (azure !== undefined) {
    const upstream = azure.kind === "managed_identity" ? ways.own : ways.named;
    return createTokenSigning([keep(() => fetchEntraToken(azure, { ...client, upstream }))]);
  }
  return undefined;
}

/** What shows a cloud who sends requests. `name` is for messages. Otherwise as createSigning. */
export function createCloudSigning(
  name: string,
  access: CloudAccess,
  upstream: UpstreamSend,
  nowMs: () => number,
): RequestSigning {
  switch (access.kind) {
    case "aws":
      return awsSigning(name, access, nowMs);
    case "google": {
      const client: TokenClient = { provider: name, upstream, nowMs };
      const load = () => fetchGoogleToken(access.tokens, client);
      return createTokenSigning([createExpiringValue(load, { now: nowMs })]);
    }
  }
}

function awsSigning(
  provider: string,
  { identity, region, roleArn }: AwsAccess,
  nowMs: () => number,
): RequestSigning {
  const { service, accessKeyId, secretAccessKey, sessionToken, profile } = identity;
  const credentials: AwsCredentialSettings = {
    ...(accessKeyId === undefined ? {} : { accessKeyId: accessKeyId.reveal() }),
    ...(secretAccessKey === undefined ? {} : { secretAccessKey: secretAccessKey.reveal() }),
    ...(sessionToken === undefined ? {} : { sessionToken: sessionToken.reveal() }),
    ...(profile === undefined ? {} : { profile }),
    ...(roleArn === "" ? {} : { roleArn }),
  };
  return createAwsSigning({ provider, region, service, credentials, nowMs });
}

/** One source for each API key that is exchanged, else one. */
function oauth2Tokens(
  { tokenUrl, grant }: OAuth2Identity,
  { credentials }: ConfiguredProvider,
  client: TokenClient,
) {
  switch (grant.kind) {
    case "ibm_api_key":
      return credentials.map((key) => () => fetchIbmToken(tokenUrl, key, client));
    case "client_credentials":
      return [() => fetchClientCredentialsToken(tokenUrl, grant, client)];
  }
}
