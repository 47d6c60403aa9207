import { createHash } from "node:crypto";
import { type JsonValue, toJson } from "@bufbuild/protobuf";
import { type Config, ConfigSchema } from "../../gen/parlance/config/v1/config_pb.js";

/** SHA-256 in hex of a config, whatever the order of its keys and the spelling of its file. Give it redacted configs only. */
export function hashConfig(redactedConfig: Config): string {
  const canonical = JSON.stringify(sortKeys(toJson(ConfigSchema, redactedConfig)));
  return createHash("sha256").update(canonical).digest("hex");
}

function sortKeys(value: JsonValue): JsonValue {
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return value.map(sortKeys);
  const entries = Object.entries(value).sort(([left], [right]) => (left < right ? -1 : 1));
  return Object.fromEntries(entries.map(([key, member]) => [key, sortKeys(member)]));
}
