import { create } from "@bufbuild/protobuf";
import { type Config, ConfigSchema } from "../../gen/parlance/config/v1/config_pb.js";
import { type Catalog, createCatalog } from "../adapters/catalog/catalog.ts";

/** A provider that is configured by the environment alone. */
export interface ZeroConfigProvider {
  /** The provider's name, which is the id of its catalog row. */
  readonly name: string;
  /** The vendor's name as people write it. */
  readonly vendor: string;
  /** The environment variable that holds the credential; undefined for the simulator. */
  readonly credentialEnv?: string;
}

type Environment = Readonly<Record<string, string | undefined>>;

/** The providers of a gateway that is started without a config file: the simulator, and every vendor with an address of its own whose credential is in the environment. */
export function describeZeroConfig(
  env: Environment,
  catalog: Catalog = createCatalog(),
): readonly ZeroConfigProvider[] {
  const providers: ZeroConfigProvider[] = [];
  for (const row of catalog.values()) {
    if (row.dialect === "sim") providers.push({ name: row.id, vendor: row.name });
    const credentialEnv = row.credentialEnv.find((name) => (env[name] ?? "").trim() !== "");
    if (credentialEnv === undefined || row.baseUrl === null) continue;
    providers.push({ name: row.id, vendor: row.name, credentialEnv });
  }
  return providers;
}

/** The config of a gateway that is started without a config file. */
export function createZeroConfig(env: Environment, catalog: Catalog): Config {
  const providers = describeZeroConfig(env, catalog).map(({ name, credentialEnv }) => [
    name,
    {
      kind: name,
      ...(credentialEnv === undefined ? {} : { apiKey: { source: { case: "env", value: credentialEnv } } }),
    },
  ]);
  return create(ConfigSchema, { providers: Object.fromEntries(providers) });
}
