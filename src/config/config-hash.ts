import { createHash } from "node:crypto";
import { type JsonValue, toJson } from "@bufbuild/protobuf";
import { type Config, ConfigSchema } from "../../gen/parlance/config/v1/config_pb.js";
import type { Steps } from "../core/steps.ts";
import { splitConfig } from "./loading/config-parts.ts";

/**
 * SHA-256 in hex of a config, whatever the order of its keys and the spelling of its file. Give it
 * redacted configs only.
 */
export function* hashConfig(redactedConfig: Config): Steps<string> {
  const hash = createHash("sha256");
  const providers = Object.fromEntries(Object.entries(redactedConfig.providers).sort(byName));
  for (const part of splitConfig({ ...redactedConfig, providers })) {
    yield;
    hash.update(`${JSON.stringify(sortKeys(toJson(ConfigSchema, part)))}\n`);
  }
  return hash.digest("hex");
}

function sortKeys(value: JsonValue): JsonValue {
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return value.map(sortKeys);
  return Object.fromEntries(
    Object.entries(value)
      .sort(byName)
      .map(([key, member]) => [key, sortKeys(member)]),
  );
}

function byName([left]: readonly [string, unknown], [right]: readonly [string, unknown]): number {
  return left < right ? -1 : 1;
}
