import type { Config } from "../../gen/parlance/config/v1/config_pb.js";
import type { Provider } from "../../gen/parlance/config/v1/provider_pb.js";
import { SecretSchema } from "../../gen/parlance/config/v1/secret_pb.js";
import { redacted } from "./secret-value.ts";

/**
 * The config without secret text. Literal secrets read "[redacted]", and so does what may hold one:
 * every value of a header and of a parameter of a token request, whatever its name, and of an
 * address its user, its query, and the parts of its path that look like a token. The config itself
 * stays as it is; what holds no secret is shared with it, for a config may be large.
 */
export function redactConfig(config: Config): Config {
  const shown = withoutSecrets(config);
  const providers = Object.entries(shown.providers).map(
    ([name, provider]) => [name, redactProvider(provider)] as const,
  );
  return { ...shown, providers: Object.fromEntries(providers) };
}

function redactProvider(provider: Provider): Provider {
  const { baseUrl, headers, oauth2 } = provider;
  return {
    ...provider,
    baseUrl: redactAddress(baseUrl),
    headers: redactValues(headers),
    ...(oauth2 !== undefined && {
      oauth2: {
        ...oauth2,
        tokenUrl: redactAddress(oauth2.tokenUrl),
        parameters: redactValues(oauth2.parameters),
      },
    }),
  };
}

function redactValues(named: Record<string, string>): Record<string, string> {
  return Object.fromEntries(Object.keys(named).map((name) => [name, redacted]));
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

/**
 * The value itself, or a copy of what leads to a secret. Walks every message, so that a secret in a
 * field of tomorrow is covered too.
 */
function withoutSecrets<T>(value: T): T {
  if (typeof value !== "object" || value === null) return value;
  if (isLiteralSecret(value)) return { ...value, source: { case: "value", value: redacted } };
  let copy: T & object = value;
  for (const [name, member] of Object.entries(value)) {
    const shown = withoutSecrets(member);
    if (shown === member) continue;
    if (copy === value) copy = copyOf(value);
    Reflect.set(copy, name, shown);
  }
  return copy;
}

function isLiteralSecret(value: object): boolean {
  if (!("$typeName" in value && value.$typeName === SecretSchema.typeName && "source" in value))
    return false;
  const { source } = value;
  return (
    typeof source === "object" && source !== null && "case" in source && source.case === "value"
  );
}

function copyOf<T extends object>(value: T): T {
  if (Array.isArray(value)) return Object.assign([], value);
  return Object.assign(Object.create(Object.getPrototypeOf(value)), value);
}
