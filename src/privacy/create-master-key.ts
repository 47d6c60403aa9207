import type { MasterKeySettings } from "../config/content/privacy-settings.ts";
import type { KeyServiceSettings } from "../config/references/key-service-settings.ts";
import { createLocalMasterKey } from "./local-master-key.ts";
import type { MasterKey } from "./master-key.ts";

/** Gives master keys that key services have. */
export type KeyServices = (settings: KeyServiceSettings) => MasterKey;

/** The master key of the settings. No key service is asked before it is used. */
export function createMasterKey(settings: MasterKeySettings, services: KeyServices): MasterKey {
  return settings.kind === "local" ? createLocalMasterKey(settings) : services(settings);
}
