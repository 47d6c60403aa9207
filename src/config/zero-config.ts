import { create } from "@bufbuild/protobuf";
import { type Config, ConfigSchema } from "../../gen/parlance/config/v1/config_pb.js";
import { type Catalog, createCatalog } from "../adapters/catalog/catalog.ts";
import { type CatalogRow, signedService } from "../adapters/catalog/catalog-row.ts";
import { variableValues } from "../adapters/catalog/row-variable.ts";
import { regionOf } from "./apply-defaults.ts";

/** A provider that is configured by the environment alone. */
export interface ZeroConfigProvider {
  /** The provider's name, which is the id of its catalog row. */
  readonly name: string;
  /** The vendor's name as people write it. */
  readonly vendor: string;
  /** The environment variable that holds the credential; undefined for the simulator. */
  readonly credentialEnv?: string;
}

/** Names the access key with which requests to vendors on AWS are signed; its secret is found beside it. */
const accessKeyEnv = "AWS_ACCESS_KEY_ID";

type Environment = Readonly<Record<string, string | undefined>>;

/** The providers of a gateway that is started without a config file: the simulator, and every vendor with an address of its own whose credential is in the environment; vendors on AWS need a region there as well, and others what their address holds. */
export function describeZeroConfig(
  env: Environment,
  catalog: Catalog = createCatalog(),
): readonly ZeroConfigProvider[] {
  const providers: ZeroConfigProvider[] = [];
  for (const row of catalog.values()) {
    if (row.dialect === "sim") providers.push({ name: row.id, vendor: row.name });
    const signed = signedService(row) !== undefined;
    if (signed && regionOf(env) === "") continue;
    const credentialNames = signed ? [...row.credentialEnv, accessKeyEnv] : row.credentialEnv;
    const credentialEnv = credentialNames.find((name) => (env[name] ?? "").trim() !== "");
    if (credentialEnv === undefined || row.baseUrl === null || !isAddressed(row, env)) continue;
    providers.push({ name: row.id, vendor: row.name, credentialEnv });
  }
  return providers;
}

/** Whether the environment says all that a vendor's address and requests need. */
function isAddressed({ variables = [], baseUrl }: CatalogRow, env: Environment): boolean {
  const values = variableValues(variables, {}, env, baseUrl);
  return variables.every(({ name, required, unless }) => !required || name in values || (unless ?? "") in values);
}

/** The config of a gateway that is started without a config file. */
export function createZeroConfig(env: Environment, catalog: Catalog): Config {
  const providers = describeZeroConfig(env, catalog).map(({ name, credentialEnv }) => [
    name,
    {
      kind: name,
      ...(credentialEnv === undefined || credentialEnv === accessKeyEnv
        ? {}
        : { apiKey: { source: { case: "env", value: credentialEnv } } }),
    },
  ]);
  return create(ConfigSchema, { providers: Object.fromEntries(providers) });
}
