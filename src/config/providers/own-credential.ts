import type { Provider } from "../../../gen/parlance/config/v1/provider_pb.js";

/** Whether a provider has an API key. */
export function hasApiKey(provider: Provider): boolean {
  return provider.apiKey !== undefined || provider.apiKeys.length > 0;
}

/**
 * What a provider is given instead of the credentials of the vendor's cloud, by its field;
 * undefined: nothing.
 */
export function ownCredential(provider: Provider): "api_key" | "oauth2" | undefined {
  if (hasApiKey(provider)) return "api_key";
  return provider.oauth2 === undefined ? undefined : "oauth2";
}
