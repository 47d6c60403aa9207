import type { Provider } from "../../../gen/parlance/config/v1/provider_pb.js";
import {
  type AuthScheme,
  type CatalogRow,
  entraScope,
  exchangesKeys,
  googleScope,
  signedService,
} from "../../adapters/catalog/catalog-row.ts";
import type { ConfigScope } from "../config-scope.ts";
import type { ConfiguredProvider } from "../settings.ts";
import { compileAws } from "./compile-aws.ts";
import { compileAzure } from "./compile-azure.ts";
import { compileGoogle } from "./compile-google.ts";
import { compileOAuth2 } from "./compile-oauth2.ts";
import { hasApiKey } from "./own-credential.ts";

/** As whom a provider calls its vendor, beside its API keys. */
export type ProviderIdentity = Pick<
  ConfiguredProvider,
  "auth" | "aws" | "google" | "azure" | "oauth2"
>;

/**
 * Compiles as whom a provider calls its vendor. What is not an API key is used only where there is
 * none.
 */
export function compileIdentity(
  provider: Provider,
  row: CatalogRow,
  scope: ConfigScope,
): ProviderIdentity {
  const aws = compileAws(provider, row, scope);
  const google = compileGoogle(provider, row, scope);
  const azure = compileAzure(provider, row, scope);
  const oauth2 = compileOAuth2(provider, row, scope);
  return {
    auth: placement(provider, row),
    ...(aws === undefined ? {} : { aws }),
    ...(google === undefined ? {} : { google }),
    ...(azure === undefined ? {} : { azure }),
    ...(oauth2 === undefined ? {} : { oauth2 }),
  };
}

/**
 * How the credential travels: an API key of a vendor that takes tokens as well has a place of its
 * own.
 */
function placement(provider: Provider, row: CatalogRow): AuthScheme {
  if (exchangesKeys(row)) return row.auth;
  if (provider.oauth2 !== undefined) return "bearer";
  if (!hasApiKey(provider)) return row.auth;
  if (signedService(row) !== undefined) return "bearer";
  if (googleScope(row) !== undefined) return { header: "x-goog-api-key" };
  if (entraScope(row) !== undefined) return { header: "api-key" };
  return row.auth;
}
