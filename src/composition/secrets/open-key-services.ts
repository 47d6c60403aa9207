import type { KeyServices } from "../../privacy/create-master-key.ts";
import { createKey } from "../../secrets/keys/key-services.ts";
import { type ManagerWorld, openManagers } from "./create-managers.ts";

/** Key services with what they have opened. */
export interface OpenKeyServices {
  readonly keys: KeyServices;
  /** Closes the connections to services. */
  close(): Promise<void>;
}

/** Opens key services, of which none is asked before a key of it is used. */
export function openKeyServices(world: ManagerWorld): OpenKeyServices {
  const managers = openManagers(world);
  return { keys: (settings) => createKey(settings, managers), close: managers.close };
}
