import type { KeyServiceSettings } from "../references/key-service-settings.ts";
import type { SecretValue } from "../secret-value.ts";

/** What encrypts stored content. */
export interface PrivacySettings {
  /** Wraps the data keys that are made from now on. */
  readonly masterKey: MasterKeySettings;
  /** Those of before, which data keys may still be wrapped by. */
  readonly previousMasterKeys: readonly MasterKeySettings[];
}

/** Where a master key is. */
export type MasterKeySettings = LocalMasterKeySettings | KeyServiceSettings;

/** A master key that the gateway has itself. */
export interface LocalMasterKeySettings {
  readonly kind: "local";
  /** 32 bytes as hex digits. */
  readonly key: SecretValue;
}

/** The defaults of stored content, where there is any. */
export const contentDefaults = {
  samplePercent: 100,
  retentionMs: 30 * 86_400_000,
  maxBytes: 65_536,
} as const;
