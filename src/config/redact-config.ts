import { clone } from "@bufbuild/protobuf";
import { type Config, ConfigSchema } from "../../gen/parlance/config/v1/config_pb.js";
import { SecretSchema } from "../../gen/parlance/config/v1/secret_pb.js";
import { redacted } from "./secret-value.ts";

/** A copy of the config without secret text: literal secrets, and headers and parameters that may hold one, read "[redacted]". */
export function redactConfig(config: Config): Config {
  const copy = clone(ConfigSchema, config);
  redactSecrets(copy);
  for (const provider of Object.values(copy.providers)) {
    for (const named of [provider.headers, provider.oauth2?.parameters ?? {}]) {
      for (const name of Object.keys(named)) {
        if (/auth|key|token|secret|cookie|password|credential|assertion/i.test(name)) named[name] = redacted;
      }
    }
  }
  return copy;
}

/** Walks every message, so that a secret in a field of tomorrow is covered too. */
function redactSecrets(value: unknown): void {
  if (typeof value !== "object" || value === null) return;
  if ("$typeName" in value && value.$typeName === SecretSchema.typeName && "source" in value) {
    const { source } = value;
    if (typeof source === "object" && source !== null && "case" in source && source.case === "value") {
      Object.assign(source, { value: redacted });
    }
    return;
  }
  for (const member of Object.values(value)) redactSecrets(member);
}
