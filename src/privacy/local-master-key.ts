import { createHmac } from "node:crypto";
import type { LocalMasterKeySettings } from "../config/content/privacy-settings.ts";
import { decryptBytes, encryptBytes } from "../config/stored/aes-gcm.ts";
import { type MasterKey, WrongKeyError } from "./master-key.ts";

/** A master key of the config: AES-256-GCM in this process. Its id is a hash of the key. */
export function createLocalMasterKey({ key }: LocalMasterKeySettings): MasterKey {
  const bytes = Buffer.from(key.reveal(), "hex");
  const digest = createHmac("sha256", bytes).update("parlance master key").digest("hex");
  return {
    id: `local:${digest.slice(0, 32)}`,
    wrap: async (dataKey, context) => encryptBytes(bytes, dataKey, context),
    async unwrap(wrapped, context) {
      const dataKey = decryptBytes(bytes, wrapped, context);
      if (dataKey !== undefined) return dataKey;
      throw new WrongKeyError("the data key was wrapped by another master key, or was changed");
    },
  };
}
