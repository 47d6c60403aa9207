import { create, type DescField, isFieldSet, toJsonString } from "@bufbuild/protobuf";
import { reflect } from "@bufbuild/protobuf/reflect";
import { type Config, ConfigSchema } from "../../../gen/parlance/config/v1/config_pb.js";
import type { Report } from "../config-scope.ts";

const kept: ReadonlySet<string> = new Set([
  "server",
  "auth",
  "store",
  "state",
  "secret_managers",
  "config_source",
]);

/**
 * A config that was applied with the parts that the config file keeps. `warn` hears of parts of the
 * applied one that say something else.
 */
export function withBootstrap(config: Config, bootstrap: Config, warn: Report): Config {
  const merged = { ...config };
  const target = reflect(ConfigSchema, merged);
  const source = reflect(ConfigSchema, bootstrap);
  for (const field of ConfigSchema.fields) {
    if (!kept.has(field.name)) continue;
    if (isFieldSet(config, field) && textOf(config, field) !== textOf(bootstrap, field))
      warn({
        path: field.name,
        message: "belongs to the config file, whose setting stays in force",
        hint: "change it there",
        ruleId: "owned_by_file",
      });
    target.clear(field);
    if (source.isSet(field)) target.set(field, source.get(field));
  }
  return merged;
}

/** One field of a config as text that compares. */
function textOf(config: Config, field: DescField): string {
  const one = create(ConfigSchema);
  const source = reflect(ConfigSchema, config);
  if (source.isSet(field)) reflect(ConfigSchema, one).set(field, source.get(field));
  return toJsonString(ConfigSchema, one);
}
