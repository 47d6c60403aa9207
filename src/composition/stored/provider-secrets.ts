import { create, fromJson, type JsonValue, toJson, toJsonString } from "@bufbuild/protobuf";
import { ConfigSchema } from "../../../gen/parlance/config/v1/config_pb.js";
import { type Provider, ProviderSchema } from "../../../gen/parlance/config/v1/provider_pb.js";
import { ErrorReason } from "../../../gen/parlance/error/v1/error_reason_pb.js";
import { redactConfig } from "../../config/redact-config.ts";
import { redacted, type SecretValue } from "../../config/secret-value.ts";
import { readObject } from "../../config/stored/read-object.ts";
import { objectPlace, seal } from "../../config/stored/seal.ts";
import { invalidField } from "../../core/faults/fault.ts";
import { GatewayError } from "../../core/faults/gateway-error.ts";
import type { ConfigObject } from "../../core/stored/config-object.ts";

/** What of a provider is stored: what may be shown, and the whole of it encrypted. */
export type ProviderTexts = Pick<ConfigObject, "documentJson" | "sealed">;

/**
 * What is stored of a provider. Throws UNSUPPORTED where it has secrets and there is no key for
 * them, and INVALID_REQUEST where it names files.
 */
export function textsOf(
  name: string,
  provider: Provider,
  key: SecretValue | undefined,
): ProviderTexts {
  const whole = toJson(ProviderSchema, provider);
  refuseFiles(whole, "settings");
  const shown = redactProvider(provider);
  const documentJson = toJsonString(ProviderSchema, shown);
  const text = JSON.stringify(whole);
  if (documentJson === text) return { documentJson, sealed: "" };
  if (key === undefined)
    throw new GatewayError({
      reason: ErrorReason.UNSUPPORTED,
      message:
        "credentials are kept encrypted, and there is no key for that: set store.encryption_key " +
        "(openssl rand -base64 32), or name an environment variable: { env: NAME }",
      fields: [
        { field: "settings", message: "has credentials, and store.encryption_key is unset" },
      ],
    });
  return { documentJson, sealed: seal(text, key, objectPlace("provider", name)) };
}

/** A provider as it is stored, with its secrets. Throws UNSUPPORTED where they are not readable. */
export function wholeProvider(object: ConfigObject, key: SecretValue | undefined): Provider {
  const reading = readObject(object, key);
  if (reading.ok && reading.read.kind === "provider") return reading.read.message;
  const why = reading.ok ? "it is no provider" : `${reading.message}: ${reading.hint}`;
  throw new GatewayError({
    reason: ErrorReason.UNSUPPORTED,
    message: `the provider ${object.name} cannot be read: ${why}`,
  });
}

/** A copy without secrets. */
export function redactProvider(provider: Provider): Provider {
  const { providers } = redactConfig(create(ConfigSchema, { providers: { it: provider } }));
  return providers.it ?? create(ProviderSchema);
}

/**
 * Puts what was hidden in the place of what stands for it, for clients that write back what they
 * have read. Throws INVALID_REQUEST where nothing was hidden there.
 */
export function withHidden(wanted: Provider, before: Provider | undefined): Provider {
  const shown = before === undefined ? undefined : toJson(ProviderSchema, redactProvider(before));
  const whole = before === undefined ? undefined : toJson(ProviderSchema, before);
  return fromJson(ProviderSchema, restore(toJson(ProviderSchema, wanted), [shown, whole]));
}

type Hidden = readonly [shown: JsonValue | undefined, whole: JsonValue | undefined];

function restore(value: JsonValue, [shown, whole]: Hidden, path = "settings"): JsonValue {
  if (typeof value === "string") {
    if (!value.includes(redacted)) return value;
    if (value === shown && typeof whole === "string") return whole;
    throw new GatewayError(
      invalidField(path, `${redacted} stands for a secret, and there is none here: write it`),
    );
  }
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value))
    return value.map((one, at) =>
      restore(one, [memberOf(shown, at), memberOf(whole, at)], `${path}[${at}]`),
    );
  return Object.fromEntries(
    Object.entries(value).map(([name, one]) => [
      name,
      restore(one, [memberOf(shown, name), memberOf(whole, name)], `${path}.${name}`),
    ]),
  );
}

function memberOf(value: JsonValue | undefined, name: string | number): JsonValue | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  if (Array.isArray(value)) return typeof name === "number" ? value[name] : undefined;
  return Object.hasOwn(value, name) ? value[String(name)] : undefined;
}

/** A secret in a file would let whoever administers the gateway read the files of its machine. */
function refuseFiles(value: JsonValue, path: string): void {
  if (typeof value !== "object" || value === null) return;
  for (const [name, one] of Object.entries(value)) {
    const at = Array.isArray(value) ? `${path}[${name}]` : `${path}.${name}`;
    if (isElsewhere(name, one, path))
      throw new GatewayError(
        invalidField(
          at,
          "files and secrets of secret managers are named in the config file alone: write { value } or { env }",
        ),
      );
    refuseFiles(one, at);
  }
}

/** Whether a member names a file, or what a secret manager keeps. */
function isElsewhere(name: string, value: JsonValue, path: string): boolean {
  if (path === "settings.tls" && name.endsWith("File")) return value !== "";
  if (named.has(path)) return false;
  return name === "file" ? typeof value === "string" : managers.has(name);
}

/** The fields of secrets that a secret manager keeps. */
const managers: ReadonlySet<string> = new Set(["vault", "awsSecret", "gcpSecret", "azureSecret"]);

/** Mappings whose keys are names of others. */
const named: ReadonlySet<string> = new Set([
  "settings.headers",
  "settings.variables",
  "settings.oauth2.parameters",
]);
