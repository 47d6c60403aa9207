import type { MasterKeySettings } from "../config/content/privacy-settings.ts";
import { createLocalMasterKey } from "./local-master-key.ts";
import type { MasterKey } from "./master-key.ts";

/** The master key of the settings. No key service is asked before it is used. */
export function createMasterKey(settings: MasterKeySettings): MasterKey {
  switch (settings.kind) {
    case "local":
      return createLocalMasterKey(settings);
  }
}
