import type { Secret } from "../../../gen/parlance/config/v1/secret_pb.js";
import { parseBase64 } from "../../json/base64.ts";
import { type ConfigScope, problem } from "../config-scope.ts";
import { resolveSecret } from "../resolve-secret.ts";
import { createSecretValue, type SecretValue } from "../secret-value.ts";

/**
 * A key that encrypts what is stored, as 64 hex digits; undefined where there is none, or after a
 * report, which does not repeat it.
 */
export function compileEncryptionKey(
  secret: Secret | undefined,
  scope: ConfigScope,
): SecretValue | undefined {
  const value = resolveSecret(secret, scope);
  if (value === undefined) return undefined;
  const looksUp = secret?.source.case === "value" || scope.sources.leaveOut === undefined;
  if (!looksUp) return undefined;
  const bytes = bytesOf(value.reveal().trim());
  if (bytes?.length === KEY_BYTES) return createSecretValue(Buffer.from(bytes).toString("hex"));
  const found = bytes === undefined ? "is neither base64 nor hex" : `has ${bytes.length} bytes`;
  return problem(scope, {
    message: `${found}, and must be ${KEY_BYTES} bytes as base64 or as ${2 * KEY_BYTES} hex digits`,
    hint: "make one with: openssl rand -base64 32",
    ruleId: "cache_encryption_key",
  });
}

const KEY_BYTES = 32;

/** Base64 of 32 bytes is shorter than their hex digits, so that no text could be both. */
function bytesOf(text: string): Uint8Array | undefined {
  if (/^[0-9a-f]{64}$/i.test(text)) return Buffer.from(text, "hex");
  return parseBase64(text);
}
