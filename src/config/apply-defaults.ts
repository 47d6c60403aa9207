import { clone, create } from "@bufbuild/protobuf";
import { type ReflectMessage, reflect } from "@bufbuild/protobuf/reflect";
import { DurationSchema } from "@bufbuild/protobuf/wkt";
import { AwsOptionsSchema } from "../../gen/parlance/config/v1/aws_options_pb.js";
import { type Config, ConfigSchema } from "../../gen/parlance/config/v1/config_pb.js";
import { type Provider, ProviderSchema } from "../../gen/parlance/config/v1/provider_pb.js";
import type { Catalog } from "../adapters/catalog/catalog.ts";
import { signedService } from "../adapters/catalog/catalog-row.ts";
import { variableValues } from "../adapters/catalog/row-variable.ts";
import type { Steps } from "../core/steps.ts";
import {
  configDefaults,
  type FilledConfig,
  fillModelDefaults,
  providerDefaults,
} from "./defaults.ts";
import { ownAddress } from "./providers/own-address.ts";

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * A copy of the config in which every default is filled in that the proto files name. Shares the
 * memory of what it does not change.
 */
export function* applyDefaults(
  config: Config,
  catalog: Catalog,
  env: Environment,
): Steps<FilledConfig> {
  const effective = clone(ConfigSchema, { ...config, providers: {}, models: [], keys: [] });
  setDefaults(reflect(ConfigSchema, effective), wholeDefaults);
  // As much as one body may have, where nothing is said: else no body of that size would be taken.
  const configured = config.server?.limits?.bodyMemoryBytes;
  const limits = effective.server?.limits;
  if (limits !== undefined && configured === undefined)
    limits.bodyMemoryBytes = Math.max(limits.bodyMemoryBytes ?? 0, limits.maxBodyBytes ?? 0);
  effective.keys = config.keys;
  for (const [name, configured] of Object.entries(config.providers)) {
    yield;
    effective.providers[name] = fillProvider(clone(ProviderSchema, configured), catalog, env);
  }
  for (const model of config.models) {
    yield;
    effective.models.push(fillModelDefaults(model));
  }
  return effective as FilledConfig; // what the defaults have is set
}

const wholeDefaults = reflect(ConfigSchema, create(ConfigSchema, configDefaults));
const eachProvider = reflect(ProviderSchema, create(ProviderSchema, providerDefaults));

/** Sets what is not set; messages of the config field by field. */
function setDefaults(message: ReflectMessage, defaults: ReflectMessage): void {
  for (const field of defaults.fields) {
    if (!defaults.isSet(field)) continue;
    const chosen = field.oneof === undefined ? undefined : message.oneofCase(field.oneof);
    if (chosen !== undefined) continue;
    if (field.fieldKind === "message" && field.message.typeName !== DurationSchema.typeName) {
      const inner = message.get(field);
      setDefaults(inner, defaults.get(field));
      message.set(field, inner);
    } else if (!message.isSet(field)) message.set(field, defaults.get(field));
  }
}

function fillProvider(provider: Provider, catalog: Catalog, env: Environment): Provider {
  setDefaults(reflect(ProviderSchema, provider), eachProvider);
  const row = catalog.get(provider.kind);
  if (row !== undefined && signedService(row) !== undefined) {
    provider.aws ??= create(AwsOptionsSchema);
    provider.aws.region ||= regionOf(env);
  }
  const variables = row?.variables ?? [];
  provider.variables = variableValues(variables, provider.variables, env, row?.baseUrl ?? null);
  provider.baseUrl ||= ownAddress(row?.baseUrl ?? "", variables, provider);
  return provider;
}

/** The region that the environment names, as AWS's own tools read it; "" where it names none. */
export function regionOf(env: Environment): string {
  return (
    [env.AWS_REGION, env.AWS_DEFAULT_REGION]
      .map((text) => (text ?? "").trim())
      .find((text) => text !== "") ?? ""
  );
}
