import { create } from "@bufbuild/protobuf";
import { type Config, ConfigSchema } from "../../gen/parlance/config/v1/config_pb.js";
import { type Catalog, createCatalog } from "../adapters/catalog/catalog.ts";
import {
  type CatalogRow,
  entraScope,
  googleScope,
  signedService,
} from "../adapters/catalog/catalog-row.ts";
import { variableValues } from "../adapters/catalog/row-variable.ts";
import { regionOf } from "./apply-defaults.ts";
import { trimmedEnv } from "./resolve-secret.ts";

/** A provider that is configured by the environment alone. */
export interface ZeroConfigProvider {
  /** The provider's name, which is the id of its catalog row. */
  readonly name: string;
  /** The vendor's name as people write it. */
  readonly vendor: string;
  /** The environment variable that holds the credential; undefined for the simulator. */
  readonly credentialEnv?: string;
}

/**
 * What is in the environment where a cloud's own credentials are: the variable that is shown, and
 * those that go with it.
 */
interface CloudCredential {
  readonly shown: string;
  readonly beside: readonly string[];
}

const awsKey: CloudCredential = { shown: "AWS_ACCESS_KEY_ID", beside: [] };
const googleFile: CloudCredential = {
  shown: "GOOGLE_APPLICATION_CREDENTIALS",
  beside: ["GOOGLE_CLOUD_PROJECT"],
};
const entraSecret: CloudCredential = {
  shown: "AZURE_CLIENT_SECRET",
  beside: ["AZURE_TENANT_ID", "AZURE_CLIENT_ID"],
};
const entraCluster: CloudCredential = { ...entraSecret, shown: "AZURE_FEDERATED_TOKEN_FILE" };

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * The providers of a gateway that is started without a config file: the simulator, and every vendor
 * with an address of its own whose credential is in the environment: its API key, or what its cloud
 * knows. Vendors on AWS need a region there as well, those on Google Cloud a project, and others
 * what their address holds.
 */
export function describeZeroConfig(
  env: Environment,
  catalog: Catalog = createCatalog(),
): readonly ZeroConfigProvider[] {
  const isSet = (name: string) => trimmedEnv(env, name) !== "";
  const isComplete = ({ shown, beside }: CloudCredential) => [shown, ...beside].every(isSet);
  const providers: ZeroConfigProvider[] = [];
  for (const row of catalog.values()) {
    if (row.dialect === "sim") providers.push({ name: row.id, vendor: row.name });
    if (row.baseUrl === null || !isPlaced(row.baseUrl, env) || !isAddressed(row, env)) continue;
    const credentialEnv =
      row.credentialEnv.find(isSet) ?? cloudCredentials(row).find(isComplete)?.shown;
    if (credentialEnv !== undefined)
      providers.push({ name: row.id, vendor: row.name, credentialEnv });
  }
  return providers;
}

/** Whether the environment says all that a vendor's address and requests need. */
function isAddressed({ variables = [], baseUrl }: CatalogRow, env: Environment): boolean {
  const values = variableValues(variables, {}, env, baseUrl);
  return variables.every(
    ({ name, required, unless }) => !required || name in values || (unless ?? "") in values,
  );
}

/** Whether the places of an address can be filled by the environment; a location has a default. */
function isPlaced(address: string, env: Environment): boolean {
  if (address.includes("{region}") && regionOf(env) === "") return false;
  return !address.includes("{project}") || trimmedEnv(env, "GOOGLE_CLOUD_PROJECT") !== "";
}

/** The ways in which a vendor's cloud may know us without an API key of the vendor. */
function cloudCredentials(row: CatalogRow): readonly CloudCredential[] {
  if (signedService(row) !== undefined) return [awsKey];
  if (googleScope(row) !== undefined) return [googleFile];
  return entraScope(row) === undefined ? [] : [entraSecret, entraCluster];
}

/** The config of a gateway that is started without a config file. */
export function createZeroConfig(env: Environment, catalog: Catalog): Config {
  const providers = describeZeroConfig(env, catalog).map(({ name, credentialEnv }) => {
    const isKey =
      credentialEnv !== undefined &&
      catalog.get(name)?.credentialEnv.includes(credentialEnv) === true;
    return [
      name,
      {
        kind: name,
        ...(isKey ? { apiKey: { source: { case: "env", value: credentialEnv } } } : {}),
      },
    ];
  });
  return create(ConfigSchema, { providers: Object.fromEntries(providers) });
}
