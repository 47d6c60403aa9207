import { create, type JsonObject, type JsonValue, toJson } from "@bufbuild/protobuf";
import {
  type ConfigChange,
  ConfigChangeKind,
  ConfigChangeSchema,
} from "../../../gen/parlance/admin/v1/config_change_pb.js";
import { type Config, ConfigSchema } from "../../../gen/parlance/config/v1/config_pb.js";

/**
 * What is another one in `after`, by path. Both have their defaults filled in and no secrets, so
 * that a secret given by value is not seen to change.
 */
export function configChanges(before: Config, after: Config): ConfigChange[] {
  const [old, wanted] = [partsOf(before), partsOf(after)];
  const paths = [...new Set([...old.keys(), ...wanted.keys()])];
  return paths.flatMap((path) => {
    const [beforeJson, afterJson] = [old.get(path) ?? "", wanted.get(path) ?? ""];
    if (beforeJson === afterJson) return [];
    const kind = kindOf(beforeJson, afterJson);
    return [create(ConfigChangeSchema, { path, kind, beforeJson, afterJson })];
  });
}

function kindOf(before: string, after: string): ConfigChangeKind {
  if (before === "") return ConfigChangeKind.ADDED;
  return after === "" ? ConfigChangeKind.REMOVED : ConfigChangeKind.CHANGED;
}

/** Each provider, model, key and other part by its path, as JSON that compares. */
function partsOf(config: Config): ReadonlyMap<string, string> {
  const parts = new Map<string, string>();
  const whole = toJson(ConfigSchema, config, { useProtoFieldName: true });
  if (!isObject(whole)) return parts;
  for (const [name, value] of Object.entries(whole))
    for (const [path, part] of entriesOf(name, value)) parts.set(path, JSON.stringify(part));
  return parts;
}

function entriesOf(name: string, value: JsonValue): (readonly [string, JsonValue])[] {
  if (Array.isArray(value)) {
    const names = value.map((one) => (isObject(one) ? one.name : undefined));
    const areNamed = new Set(names).size === names.length && !names.includes(undefined);
    return value.map((one, at) => [`${name}[${areNamed ? String(names[at]) : at}]`, sorted(one)]);
  }
  if (!isObject(value)) return [[name, value]];
  return Object.entries(value).map(([member, one]) => [`${name}.${member}`, sorted(one)]);
}

/** The same with the members of objects in the order of their names, as maps have none. */
function sorted(value: JsonValue): JsonValue {
  if (Array.isArray(value)) return value.map(sorted);
  if (!isObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value)
      .sort(([one], [other]) => (one < other ? -1 : 1))
      .map(([name, one]) => [name, sorted(one)]),
  );
}

function isObject(value: JsonValue | undefined): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
