import type { PrivacySettings } from "../../config/content/privacy-settings.ts";
import type { Settings } from "../../config/settings.ts";
import type { ContentVault } from "../../privacy/content-vault.ts";
import type { MasterKeys } from "../../privacy/data-keys.ts";
import type { StoreLink } from "../../store/store.ts";

/** The vault of a gateway, by the master keys of the configuration in force. */
export interface VaultKeeper {
  /** Undefined where the config has no master key. */
  readonly vault: () => Promise<ContentVault | undefined>;
  /** Goes on with the master keys of another configuration. */
  readonly configure: (settings: Pick<Settings, "privacy">) => void;
}

/** Makes the keeper of a vault, which loads nothing before there is content. */
export function createVaultKeeper(
  wallMs: () => number,
  store: Pick<StoreLink, "request">,
): VaultKeeper {
  let privacy: PrivacySettings | undefined;
  let kept: Promise<ContentVault> | undefined;
  let keptFor: PrivacySettings | undefined;
  const make = async (settings: PrivacySettings): Promise<ContentVault> => {
    const { ContentVault } = await import("../../privacy/content-vault.ts");
    const masters = await mastersOf(settings);
    return new ContentVault({
      masters,
      wallMs,
      keepKey: (key) => store.request("content.key", key),
    });
  };
  const reconfigure = async (known: Promise<ContentVault>, settings: PrivacySettings) => {
    const vault = await known;
    vault.configure(await mastersOf(settings));
    return vault;
  };
  return {
    configure: (settings) => {
      privacy = settings.privacy;
    },
    vault: async () => {
      if (privacy === undefined) return undefined;
      if (keptFor === privacy && kept !== undefined) return kept;
      const next = kept === undefined ? make(privacy) : reconfigure(kept, privacy);
      kept = next;
      keptFor = privacy;
      next.catch(() => {
        if (kept === next) kept = undefined;
      });
      return next;
    },
  };
}

/** The master keys of settings. */
export async function mastersOf(settings: PrivacySettings): Promise<MasterKeys> {
  const { createMasterKey } = await import("../../privacy/create-master-key.ts");
  return {
    current: createMasterKey(settings.masterKey),
    previous: settings.previousMasterKeys.map(createMasterKey),
  };
}
