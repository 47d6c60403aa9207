import {
  type CatalogRow,
  entraScope,
  googleScope,
  signedService,
} from "../../../adapters/catalog/catalog-row.ts";
import { referenceOf, type Surroundings, variableOf } from "../surroundings.ts";
import {
  type Draft,
  type Fields,
  mapping,
  mappingOrNone,
  scalar,
  secretValue,
} from "../tree/draft.ts";
import { type Member, type Place, plainOf, type Tree } from "../tree/tree.ts";
import { secretDraftOf, textOf } from "../tree/values.ts";
import { firstOf } from "./deployment.ts";
import type { Vendor } from "./vendor-of.ts";

/** What the options of a vendor's cloud are made of. */
export interface CloudSources {
  readonly row: CatalogRow;
  readonly vendor: Vendor;
  readonly params: ReadonlyMap<string, Member>;
  /** Whether the provider has an API key, which stands in place of other credentials. */
  readonly keyed: boolean;
  readonly at: Place;
}

/** The fields `aws`, `google` and `azure` of a provider. */
export function cloudOptions(sources: CloudSources, surroundings: Surroundings): Fields {
  return {
    aws: awsOptions(sources, surroundings),
    google: googleOptions(sources, surroundings),
    azure: azureOptions(sources, surroundings),
  };
}

/** The region that LiteLLM calls where nobody says another. */
const defaultRegion = "us-west-2";

function awsOptions(
  { row, vendor, params, keyed, at }: CloudSources,
  surroundings: Surroundings,
): Draft | undefined {
  if (signedService(row) === undefined) return undefined;
  const text = (...keys: readonly string[]) => {
    const read = textOf(firstOf(params, ...keys), surroundings);
    return read === undefined ? undefined : scalar(read.value, read.at);
  };
  const secret = (key: string) =>
    keyed ? undefined : secretDraftOf(firstOf(params, key), surroundings);
  const known = ["AWS_REGION", "AWS_DEFAULT_REGION"].some(
    (name) => surroundings.env(name) !== undefined,
  );
  const fallback =
    variableOf("AWS_REGION_NAME", surroundings) ?? (known ? undefined : defaultRegion);
  const region = vendor.region ?? fallback;
  return mappingOrNone(
    {
      region: text("aws_region_name") ?? (region === undefined ? undefined : scalar(region, at)),
      access_key_id: secret("aws_access_key_id"),
      secret_access_key: secret("aws_secret_access_key"),
      session_token: secret("aws_session_token"),
      profile: keyed ? undefined : text("aws_profile_name"),
      role_arn: keyed ? undefined : text("aws_role_name"),
    },
    at,
  );
}

/** The place that LiteLLM calls where nobody says another. */
const defaultLocation = "us-central1";

function googleOptions(
  { row, params, keyed, at }: CloudSources,
  surroundings: Surroundings,
): Draft | undefined {
  if (googleScope(row) === undefined) return undefined;
  const text = (names: readonly string[], keys: readonly string[]) => {
    const read = textOf(firstOf(params, ...keys), surroundings);
    if (read !== undefined) return scalar(read.value, read.at);
    const value = names
      .map((name) => variableOf(name, surroundings))
      .find((one) => one !== undefined);
    return value === undefined ? undefined : scalar(value, at);
  };
  const credentials = firstOf(params, "vertex_credentials", "vertex_ai_credentials");
  const location = text(
    ["VERTEXAI_LOCATION", "VERTEX_LOCATION"],
    ["vertex_location", "vertex_ai_location"],
  );
  const elsewhere = surroundings.env("GOOGLE_CLOUD_LOCATION") !== undefined;
  return mappingOrNone(
    {
      project: text(
        ["VERTEXAI_PROJECT", "VERTEX_PROJECT"],
        ["vertex_project", "vertex_ai_project"],
      ),
      location: location ?? (elsewhere ? undefined : scalar(defaultLocation, at)),
      credentials: keyed ? undefined : googleCredentials(credentials, surroundings),
    },
    at,
  );
}

/** A path, the JSON itself as text or as a mapping, or a variable with either. */
function googleCredentials(tree: Tree | undefined, surroundings: Surroundings): Draft | undefined {
  if (tree === undefined) return undefined;
  if (tree.kind !== "leaf") return secretValue(JSON.stringify(plainOf(tree)), tree.at);
  const name = referenceOf(tree.value);
  const text = name === undefined ? String(tree.value) : variableOf(name, surroundings);
  if (text === undefined || text.trim().startsWith("{")) return secretDraftOf(tree, surroundings);
  return mapping({ file: scalar(text, tree.at) }, tree.at);
}

function azureOptions(
  { row, params, keyed, at }: CloudSources,
  surroundings: Surroundings,
): Draft | undefined {
  if (entraScope(row) === undefined) return undefined;
  const text = (key: string) => {
    const read = textOf(firstOf(params, key), surroundings);
    return read === undefined ? undefined : scalar(read.value, read.at);
  };
  const version = variableOf("AZURE_API_VERSION", surroundings);
  return mappingOrNone(
    {
      api_version: text("api_version") ?? (version === undefined ? undefined : scalar(version, at)),
      tenant_id: keyed ? undefined : text("tenant_id"),
      client_id: keyed ? undefined : text("client_id"),
      client_secret: keyed
        ? undefined
        : secretDraftOf(firstOf(params, "client_secret"), surroundings),
    },
    at,
  );
}
