import type { PrivacySettings } from "../../config/content/privacy-settings.ts";
import type { Settings } from "../../config/settings.ts";
import type { ContentVault } from "../../privacy/content-vault.ts";
import type { KeyServices } from "../../privacy/create-master-key.ts";
import type { MasterKeys } from "../../privacy/data-keys.ts";
import type { StoreLink } from "../../store/store.ts";
import type { ManagerWorld } from "../secrets/create-managers.ts";
import type { OpenKeyServices } from "../secrets/open-key-services.ts";

/** The vault of a gateway, by the master keys of the configuration in force. */
export interface VaultKeeper {
  /** Undefined where the config has no master key. */
  readonly vault: () => Promise<ContentVault | undefined>;
  /** Goes on with the master keys of another configuration. */
  readonly configure: (settings: Pick<Settings, "privacy">) => void;
  /** Closes the connections to key services. */
  readonly closeServices: () => Promise<void>;
}

/** Makes the keeper of a vault, which loads nothing before there is content. */
export function createVaultKeeper(
  world: ManagerWorld,
  store: Pick<StoreLink, "request">,
): VaultKeeper {
  const { wallMs } = world;
  let services: Promise<OpenKeyServices> | undefined;
  const keysOf = async (settings: PrivacySettings): Promise<MasterKeys> => {
    services ??= openServices(world);
    return mastersOf(settings, (await services).keys);
  };
  let privacy: PrivacySettings | undefined;
  let kept: Promise<ContentVault> | undefined;
  let keptFor: PrivacySettings | undefined;
  const make = async (settings: PrivacySettings): Promise<ContentVault> => {
    const { ContentVault } = await import("../../privacy/content-vault.ts");
    const masters = await keysOf(settings);
    return new ContentVault({
      masters,
      wallMs,
      keepKey: (key) => store.request("content.key", key),
    });
  };
  const reconfigure = async (known: Promise<ContentVault>, settings: PrivacySettings) => {
    const vault = await known;
    vault.configure(await keysOf(settings));
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
    closeServices: async () => (await services)?.close(),
  };
}

async function openServices(world: ManagerWorld): Promise<OpenKeyServices> {
  const { openKeyServices } = await import("../secrets/open-key-services.ts");
  return openKeyServices(world);
}

/** The master keys of settings. */
export async function mastersOf(
  settings: PrivacySettings,
  services: KeyServices,
): Promise<MasterKeys> {
  const { createMasterKey } = await import("../../privacy/create-master-key.ts");
  return {
    current: createMasterKey(settings.masterKey, services),
    previous: settings.previousMasterKeys.map((key) => createMasterKey(key, services)),
  };
}
