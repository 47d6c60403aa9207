import type { StoreSettings } from "../../config/settings.ts";
import type { Engine } from "../../store/engine/engine.ts";

/** Opens the database of a config, for a command that works on it by itself and closes it. */
export async function openConfigured({ address }: StoreSettings): Promise<Engine> {
  const { openEngine } = await import("../../store/engine/engine.ts");
  const where =
    address.kind === "postgres"
      ? { kind: "postgres" as const, url: address.url.reveal() }
      : address;
  return openEngine(where, () => undefined);
}
