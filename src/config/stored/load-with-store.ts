import { create } from "@bufbuild/protobuf";
import {
  type Config,
  ConfigSource as ConfigOwner,
  ConfigSchema,
} from "../../../gen/parlance/config/v1/config_pb.js";
import type { AppliedConfig, StoredConfig } from "../../core/stored/config-object.ts";
import { createLazyValidator } from "../../validation/validator.ts";
import { examineText, type Overrides } from "../loading/examine.ts";
import type { ConfigSource, LoadOptions, LoadResult } from "../loading/load-config.ts";
import type { SecretValue } from "../secret-value.ts";
import { objectPlace, unseal } from "./seal.ts";

/** Loads a config, with what the store adds to it. */
export type Load = (
  source: ConfigSource | undefined,
  options: Pick<LoadOptions, "stored" | "bootstrap">,
) => Promise<LoadResult>;

/** What a configuration is made of. */
export interface ConfigParts {
  /** The config file; undefined: the environment alone decides. */
  readonly source: ConfigSource | undefined;
  readonly stored: Pick<StoredConfig, "objects" | "applied">;
  /** What is set in place of what the file says. */
  readonly overrides: Overrides;
}

/**
 * Loads the configuration of a file and of the store: the one that was applied last, where the file
 * says that the store owns it, else that of the file.
 */
export async function loadWithStore(parts: ConfigParts, load: Load): Promise<LoadResult> {
  const { source, stored } = parts;
  const { objects, applied } = stored;
  if (applied === undefined || source === undefined) return load(source, { stored: objects });
  const file = await load(source, {});
  if (!file.ok) return file;
  const { config, storeEncryptionKey } = file.settings;
  if (config.configSource !== ConfigOwner.STORE)
    return objects.length === 0 ? file : load(source, { stored: objects });
  const text = textOfApplied(applied, storeEncryptionKey);
  if (text === undefined) return { ok: false, violations: [sealedElsewhere(applied)] };
  return loadApplied({ text, filename: nameOfVersion(applied.number) }, parts, load);
}

/** Loads a text as it would be if it was applied. */
export function loadApplied(
  text: ConfigSource,
  { source, stored, overrides }: ConfigParts,
  load: Load,
): Promise<LoadResult> {
  const bootstrap = source === undefined ? undefined : bootstrapOf(source, overrides);
  return load(text, { stored: stored.objects, ...(bootstrap && { bootstrap }) });
}

/** What people call a version of the store. */
export function nameOfVersion(number: number): string {
  return `version ${number} of the store`;
}

/** The text of a version; undefined where it cannot be decrypted. */
export function textOfApplied(
  { text, sealed, hash }: Pick<AppliedConfig, "text" | "sealed" | "hash">,
  key: SecretValue | undefined,
): string | undefined {
  if (sealed === "") return text;
  return key === undefined ? undefined : unseal(sealed, key, objectPlace("config", hash));
}

/** What the file keeps, whoever owns the rest. */
function bootstrapOf({ text }: ConfigSource, overrides: Overrides): Config {
  const { config } = examineText(text, overrides, createLazyValidator());
  return config ?? create(ConfigSchema);
}

function sealedElsewhere({ number }: AppliedConfig) {
  return {
    path: "",
    line: 1,
    column: 1,
    message: `${nameOfVersion(number)} cannot be decrypted: store.encryption_key is another one`,
    hint: "set the key that it was applied with",
    ruleId: "stored_config",
  };
}
