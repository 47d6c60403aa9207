import { ErrorReason } from "../../../gen/parlance/error/v1/error_reason_pb.js";
import type { SecretValue } from "../../config/secret-value.ts";
import { objectPlace, seal, unseal } from "../../config/stored/seal.ts";
import { GatewayError } from "../../core/faults/gateway-error.ts";
import type { DirectoryRow } from "../../store/directory/directory-row.ts";

/**
 * What the store keeps of a new value of a key that signs, beside that of the value until now,
 * which may be good for a while. Throws UNSUPPORTED where the config has no key to
 * encrypt it with.
 */
export function sealValue(
  value: string,
  { id, sealed }: Pick<DirectoryRow, "id" | "sealed">,
  key: SecretValue | undefined,
): string {
  if (key === undefined)
    throw new GatewayError({
      reason: ErrorReason.UNSUPPORTED,
      message:
        "a signature is checked with the value of its key, which is kept encrypted, and there is " +
        "no key for that: set store.encryption_key (openssl rand -base64 32)",
      fields: [{ field: "signing", message: "needs store.encryption_key, which is unset" }],
    });
  const [last = ""] = sealed.split("\n");
  return [seal(value, key, placeOf(id)), ...(last === "" ? [] : [last])].join("\n");
}

/** The values that signatures of a key may be made with now; empty: none can be read. */
export function signingValues(
  { id, sealed, previousUntilMs }: DirectoryRow,
  key: SecretValue | undefined,
  nowMs: number,
): readonly string[] {
  if (key === undefined || sealed === "") return [];
  const good = sealed.split("\n").slice(0, previousUntilMs > nowMs ? 2 : 1);
  return good.flatMap((one) => unseal(one, key, placeOf(id)) ?? []);
}

function placeOf(id: string): string {
  return objectPlace("key", id);
}
