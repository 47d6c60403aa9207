import { readFile } from "node:fs/promises";
import type { EntraTokenSource } from "../../config/provider-identity.ts";
import type { Loaded } from "./expiring-value.ts";
import type { Token } from "./token.ts";
import { missing, requestToken, type TokenClient, type TokenRequest } from "./token-request.ts";

/** Fetches a token of Microsoft Entra ID. Rejects as `requestToken` does. */
export async function fetchEntraToken(
  source: EntraTokenSource,
  client: TokenClient,
): Promise<Loaded<Token>> {
  const loaded = await requestToken(client, await requestFor(source, client.provider));
  return { ...loaded, value: { value: loaded.value } };
}

function requestFor(
  source: EntraTokenSource,
  provider: string,
): TokenRequest | Promise<TokenRequest> {
  switch (source.kind) {
    case "client_secret":
      return {
        url: source.tokenUrl,
        form: [...clientForm(source), ["client_secret", source.clientSecret.reveal()]],
      };
    case "workload_identity":
      return workloadRequest(source, provider);
    case "managed_identity":
      return managedRequest(source);
  }
}

type Source<Kind extends EntraTokenSource["kind"]> = Extract<
  EntraTokenSource,
  { readonly kind: Kind }
>;

/**
 * See https://learn.microsoft.com/en-us/entra/identity-platform/v2-oauth2-client-creds-grant-flow.
 */
function clientForm({ clientId, scope }: { readonly clientId: string; readonly scope: string }) {
  return [
    ["grant_type", "client_credentials"],
    ["client_id", clientId],
    ["scope", scope],
  ] as const;
}

/**
 * The cluster renews the file, so that it is read each time; see
 * https://azure.github.io/azure-workload-identity/docs/.
 */
async function workloadRequest(
  source: Source<"workload_identity">,
  provider: string,
): Promise<TokenRequest> {
  const assertion = await readFile(source.tokenFile, "utf8").then(
    (text) => text.trim(),
    () => "",
  );
  if (assertion === "")
    throw missing(provider, "the file of AZURE_FEDERATED_TOKEN_FILE cannot be read, or is empty");
  return {
    url: source.tokenUrl,
    form: [
      ...clientForm(source),
      ["client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"],
      ["client_assertion", assertion],
    ],
  };
}

/**
 * The endpoint of App Service and its like where there is one, else that of virtual machines. See
 * https://learn.microsoft.com/en-us/azure/app-service/overview-managed-identity#rest-endpoint-reference
 * and
 * https://learn.microsoft.com/en-us/entra/identity/managed-identities-azure-resources/how-to-use-vm-token.
 */
function managedRequest(source: Source<"managed_identity">): TokenRequest {
  const { clientId, service, metadataOrigin, scope } = source;
  const query = new URLSearchParams({
    "api-version": service === undefined ? "2018-02-01" : "2019-08-01",
    // These endpoints want the resource, which a scope of the form RESOURCE/.default names.
    resource: scope.replace(/\/\.default$/, ""),
    ...(clientId === undefined ? {} : { client_id: clientId }),
  });
  if (service === undefined) {
    const url = { origin: metadataOrigin, path: `/metadata/identity/oauth2/token?${query}` };
    return { url, headers: ["metadata", "true"] };
  }
  const { origin, path } = service.endpoint;
  const url = { origin, path: `${path}${path.includes("?") ? "&" : "?"}${query}` };
  return { url, headers: ["x-identity-header", service.header.reveal()] };
}
