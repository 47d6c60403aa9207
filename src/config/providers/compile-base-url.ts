import type { Provider } from "../../../gen/parlance/config/v1/provider_pb.js";
import type { CatalogRow, ModelFamily } from "../../adapters/catalog/catalog-row.ts";
import { type ConfigScope, inField, problem } from "../config-scope.ts";
import type { BaseUrl, GoogleIdentity } from "../provider-identity.ts";
import { fillAddress, fillPrefix } from "./fill-address.ts";
import { ownAddress } from "./own-address.ts";
import { parseBaseUrl } from "./parse-base-url.ts";

/** Where a provider's calls go. Undefined after a report. */
export function compileBaseUrl(
  provider: Provider,
  row: CatalogRow,
  google: GoogleIdentity | undefined,
  scope: ConfigScope,
): BaseUrl | undefined {
  if (row.dialect === "sim") return { origin: "http://sim.invalid", path: "" };
  if (provider.baseUrl === "" && row.baseUrl === null) {
    const hint = 'write base_url: "http://host:port/path"';
    problem(inField(scope, "base_url"), {
      message: `is missing: kind ${row.id} has no address of its own`,
      hint,
      ruleId: "base_url_missing",
    });
    return undefined;
  }
  // A part of it is missing, which is reported where it belongs.
  if (provider.baseUrl === "") return undefined;
  const parsed = parseBaseUrl(fillAddress(provider.baseUrl, google), row.dialect);
  if (parsed.ok) return withPrefix(parsed.baseUrl, row, google);
  problem(inField(scope, "base_url"), {
    message: parsed.message,
    hint: parsed.hint,
    ruleId: "base_url",
  });
  return undefined;
}

/**
 * Where calls for a family of models go. Host and path are the family's own where those of the
 * provider are its row's own, so that a configured host serves the family too.
 */
export function familyBaseUrl(
  family: ModelFamily,
  provider: Provider,
  row: CatalogRow,
  google: GoogleIdentity | undefined,
  base: BaseUrl,
): BaseUrl {
  if (family.baseUrl === undefined || row.baseUrl === null) return base;
  const own = rowAddress(row.baseUrl, row.dialect, provider, row, google);
  const other = rowAddress(family.baseUrl, family.dialect, provider, row, google);
  // Where the region is not known, the address was configured.
  const prefixed = own === undefined ? undefined : withPrefix(own, row, google);
  return {
    origin: other !== undefined && base.origin === prefixed?.origin ? other.origin : base.origin,
    path: other !== undefined && base.path === (prefixed?.path ?? "") ? other.path : base.path,
  };
}

function rowAddress(
  address: string,
  dialect: CatalogRow["dialect"],
  provider: Provider,
  { variables = [] }: CatalogRow,
  google: GoogleIdentity | undefined,
): BaseUrl | undefined {
  const parsed = parseBaseUrl(
    fillPrefix(ownAddress(address, variables, provider), google),
    dialect,
  );
  return parsed.ok ? parsed.baseUrl : undefined;
}

/** A base URL that names a project itself has what stands before the paths of the dialect. */
function withPrefix(
  baseUrl: BaseUrl,
  { pathPrefix }: CatalogRow,
  google: GoogleIdentity | undefined,
): BaseUrl {
  if (pathPrefix === undefined || baseUrl.path.includes("/projects/")) return baseUrl;
  return { ...baseUrl, path: baseUrl.path + fillPrefix(pathPrefix, google) };
}
