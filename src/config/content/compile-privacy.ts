import type { MasterKey } from "../../../gen/parlance/config/v1/master_key_pb.js";
import { compileEncryptionKey } from "../compile/compile-encryption-key.ts";
import { compileKeyService } from "../compile/compile-key-service.ts";
import { type ConfigScope, inElement, inField, problem } from "../config-scope.ts";
import type { FilledConfig } from "../defaults.ts";
import type { Settings } from "../settings.ts";
import { contentLoggings } from "./content-loggings.ts";
import type { MasterKeySettings, PrivacySettings } from "./privacy-settings.ts";

/** What encrypts stored content; nothing where no content can be stored, or after a report. */
export function compilePrivacy(
  config: FilledConfig,
  scope: ConfigScope,
): Pick<Settings, "privacy"> {
  const { privacy } = config;
  const scopeOfPrivacy = inField(scope, "privacy");
  checkContent(config, scope);
  if (privacy?.masterKey === undefined) return {};
  const masterKey = compileMasterKey(privacy.masterKey, config, {
    root: scope,
    at: inField(scopeOfPrivacy, "master_key"),
  });
  const scopeOfPrevious = inField(scopeOfPrivacy, "previous_master_keys");
  const previousMasterKeys = privacy.previousMasterKeys.flatMap(
    (key, index) =>
      compileMasterKey(key, config, { root: scope, at: inElement(scopeOfPrevious, index) }) ?? [],
  );
  if (masterKey === undefined) return {};
  const compiled: PrivacySettings = { masterKey, previousMasterKeys };
  return { privacy: compiled };
}

function compileMasterKey(
  { kind }: MasterKey,
  config: FilledConfig,
  { root, at }: { readonly root: ConfigScope; readonly at: ConfigScope },
): MasterKeySettings | undefined {
  if (kind.case === undefined) return undefined;
  if (kind.case !== "key") return compileKeyService(kind, config.secretManagers, root);
  const key = compileEncryptionKey(kind.value, inField(at, "key"));
  return key === undefined ? undefined : { kind: "local", key };
}

/** Content is stored encrypted alone, and in a database. */
function checkContent(config: FilledConfig, scope: ConfigScope): void {
  const { kind } = config.store;
  for (const { content, at } of contentLoggings(config, scope)) {
    if (content.samplePercent === 0) continue;
    if (config.privacy?.masterKey === undefined)
      problem(at, {
        message: "needs a master key: content is stored encrypted alone",
        hint: "set privacy.master_key, such as { key: { env: PARLANCE_MASTER_KEY } }",
        ruleId: "content_master_key",
      });
    if (kind.case !== "sqlite" && kind.case !== "postgres")
      problem(at, {
        message: "needs a database to store content in",
        hint: "set store to sqlite or postgres",
        ruleId: "content_store",
      });
  }
}
