import type { MasterKey } from "../../../gen/parlance/config/v1/master_key_pb.js";
import type { SecretManagers } from "../../../gen/parlance/config/v1/secret_managers_pb.js";
import { type ConfigScope, inField } from "../config-scope.ts";
import type { KeyServiceSettings } from "../references/key-service-settings.ts";
import { compileSecretManager } from "./compile-secret-managers.ts";

/** The kinds of master keys that a key service has. */
export type KeyServiceKind = Extract<
  MasterKey["kind"],
  { readonly case: "awsKms" | "gcpKms" | "azureKeyVault" | "vaultTransit" }
>;

/**
 * A master key that a key service has, with how that is called; undefined after a report. `scope`
 * is that of the whole config.
 */
export function compileKeyService(
  kind: KeyServiceKind,
  managers: SecretManagers | undefined,
  scope: ConfigScope,
): KeyServiceSettings | undefined {
  const at = inField(scope, "secret_managers");
  switch (kind.case) {
    case "awsKms": {
      const manager = compileSecretManager("aws", managers, at);
      if (manager?.kind !== "aws") return undefined;
      const { keyId, region } = kind.value;
      const ofArn = /^arn:[^:]+:kms:([a-z0-9-]+):/.exec(keyId)?.[1] ?? "";
      return { kind: "aws_kms", keyId, region: region || ofArn, manager };
    }
    case "gcpKms": {
      const manager = compileSecretManager("google", managers, at);
      if (manager?.kind !== "google") return undefined;
      return { kind: "gcp_kms", name: kind.value.name, manager };
    }
    case "azureKeyVault": {
      const manager = compileSecretManager("azure", managers, at);
      const url = URL.parse(kind.value.vaultUrl);
      if (manager?.kind !== "azure" || url === null) return undefined;
      return { kind: "azure_key_vault", origin: url.origin, name: kind.value.name, manager };
    }
    case "vaultTransit": {
      const manager = compileSecretManager("vault", managers, at);
      if (manager?.kind !== "vault") return undefined;
      const { mount, name } = kind.value;
      return { kind: "vault_transit", mount: mount || "transit", name, manager };
    }
  }
}
