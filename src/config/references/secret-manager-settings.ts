import type { AwsAccess } from "../guard-service-settings.ts";
import type { BaseUrl, EntraTokenSource, GoogleTokenSource } from "../provider-identity.ts";
import type { SecretValue } from "../secret-value.ts";

/** The services that keep secrets and keys. */
export type SecretManager = "vault" | "aws" | "google" | "azure";

/** How a Vault is reached, and who the gateway is there. */
export interface VaultSettings {
  readonly kind: "vault";
  readonly url: BaseUrl;
  /** "": none. */
  readonly namespace: string;
  /** Certificates in PEM. Undefined: those of the system. */
  readonly ca: string | undefined;
  readonly login: VaultLogin;
}

/** Who the gateway is at a Vault. */
export type VaultLogin =
  | { readonly kind: "token"; readonly token: SecretValue }
  | {
      readonly kind: "app_role";
      readonly mount: string;
      readonly roleId: SecretValue;
      readonly secretId: SecretValue | undefined;
    }
  | {
      readonly kind: "kubernetes";
      readonly mount: string;
      readonly role: string;
      /** Read for each login. */
      readonly tokenFile: string;
    };

/** The services of AWS that keep secrets and keys, by the names that requests are signed for. */
export type AwsKeeper = "secretsmanager" | "kms";

/** Who calls AWS, and where. */
export interface AwsManagerSettings extends AwsAccess {
  readonly kind: "aws";
  /** Where its services are called. Absent: where they are in their region. */
  readonly endpoints: Readonly<Partial<Record<AwsKeeper, BaseUrl>>>;
}

/** Who calls Google Cloud, and where. */
export interface GoogleManagerSettings {
  readonly kind: "google";
  /** The project of secrets that name none; "": none is known. */
  readonly project: string;
  readonly tokens: GoogleTokenSource;
  readonly endpoints: { readonly secretmanager: BaseUrl; readonly cloudkms: BaseUrl };
}

/** Who calls Azure. */
export interface AzureManagerSettings {
  readonly kind: "azure";
  /** Where tokens come from; each has the scope of the vault that it is for. */
  readonly tokens: EntraTokenSource;
}

/** How a service that keeps secrets and keys is called. */
export type ManagerSettings =
  | VaultSettings
  | AwsManagerSettings
  | GoogleManagerSettings
  | AzureManagerSettings;
