import { clone } from "@bufbuild/protobuf";
import { type Config, ConfigSchema } from "../../gen/parlance/config/v1/config_pb.js";
import { SecretSchema } from "../../gen/parlance/config/v1/secret_pb.js";
import { redacted } from "./secret-value.ts";

/**
 * A copy of the config without secret text. Literal secrets read "[redacted]", and so does what may
 * hold one: every value of a header and of a parameter of a token request, whatever its name, and
 * of an address its user, its query, and the parts of its path that look like a token.
 */
export function redactConfig(config: Config): Config {
  const copy = clone(ConfigSchema, config);
  redactSecrets(copy);
  for (const provider of Object.values(copy.providers)) {
    provider.baseUrl = redactAddress(provider.baseUrl);
    redactValues(provider.headers);
    if (provider.oauth2 === undefined) continue;
    provider.oauth2.tokenUrl = redactAddress(provider.oauth2.tokenUrl);
    redactValues(provider.oauth2.parameters);
  }
  return copy;
}

function redactValues(named: Record<string, string>): void {
  for (const name of Object.keys(named)) named[name] = redacted;
}

const ADDRESS = /^(\w+:\/\/)([^/?#]*@)?([^/?#]*)([^?#]*)(\?[^#]*)?(#.*)?$/s;

/** Works on the text, for an address may have places that are filled later (`{region}`). */
function redactAddress(address: string): string {
  if (address === "") return "";
  const parts = ADDRESS.exec(address);
  if (parts === null) return redacted;
  const [, scheme = "", user = "", host = "", path = "", query = "", fragment = ""] = parts;
  const shownPath = path.split("/").map((segment) => (isTokenLike(segment) ? redacted : segment));
  return [
    scheme,
    user === "" ? "" : `${redacted}@`,
    host,
    shownPath.join("/"),
    query === "" ? "" : `?${redacted}`,
    fragment === "" ? "" : `#${redacted}`,
  ].join("");
}

/** Versions, words and places are shorter or have no digits. */
function isTokenLike(segment: string): boolean {
  return segment.length > 32 || (segment.length >= 16 && /\d/.test(segment));
}

/** Walks every message, so that a secret in a field of tomorrow is covered too. */
function redactSecrets(value: unknown): void {
  if (typeof value !== "object" || value === null) return;
  if ("$typeName" in value && value.$typeName === SecretSchema.typeName && "source" in value) {
    const { source } = value;
    if (
      typeof source === "object" &&
      source !== null &&
      "case" in source &&
      source.case === "value"
    ) {
      Object.assign(source, { value: redacted });
    }
    return;
  }
  for (const member of Object.values(value)) redactSecrets(member);
}
