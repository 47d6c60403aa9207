import type {
  AwsManagerSettings,
  AzureManagerSettings,
  GoogleManagerSettings,
  VaultSettings,
} from "./secret-manager-settings.ts";

/** A master key that a key service has, and how that is called. */
export type KeyServiceSettings =
  | {
      readonly kind: "aws_kms";
      /** An ARN or an id. */
      readonly keyId: string;
      /** "": that of `manager`. */
      readonly region: string;
      readonly manager: AwsManagerSettings;
    }
  | {
      readonly kind: "gcp_kms";
      /** The whole name, from `projects/` on. */
      readonly name: string;
      readonly manager: GoogleManagerSettings;
    }
  | {
      readonly kind: "azure_key_vault";
      /** Scheme, host and port of the vault. */
      readonly origin: string;
      readonly name: string;
      readonly manager: AzureManagerSettings;
    }
  | {
      readonly kind: "vault_transit";
      readonly mount: string;
      readonly name: string;
      readonly manager: VaultSettings;
    };
