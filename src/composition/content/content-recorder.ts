import type { ContentToStore } from "../../core/ledger/call-content.ts";
import type { LedgerRow } from "../../core/ledger/ledger-row.ts";
import type { StoreLink } from "../../store/store.ts";
import type { World } from "../world.ts";
import { printContent } from "./content-document.ts";
import { redactContent } from "./redact-content.ts";
import { createVaultKeeper, type VaultKeeper } from "./vault-keeper.ts";

/** Takes the content of calls to the store, encrypted, after the calls. */
export interface ContentRecorder extends VaultKeeper {
  /** Takes the content of a call that is over, and its row. Never throws and never waits. */
  readonly record: (content: ContentToStore, row: () => LedgerRow) => void;
  /** Has what was taken handed to the store, as far as that goes within a time in milliseconds. */
  readonly close: (graceMs: number) => Promise<void>;
}

/** What waits for a key takes no more bytes than this; more is dropped. */
const maxWaitingBytes = 64 * 1024 * 1024;

/** Why content is not stored. */
type Loss = "overloaded" | "redaction" | "key" | "store";

/** Makes the recorder of a gateway. Nothing of it is loaded before there is content. */
export function createContentRecorder(
  world: Pick<World, "wallMs" | "random" | "notice" | "metrics" | "schedule" | "onBug">,
  store: Pick<StoreLink, "request" | "recordContent">,
): ContentRecorder {
  const vaults = createVaultKeeper(world, store);
  const stored = world.metrics.series("contentStored");
  const waiting = new Set<Promise<void>>();
  const losing = new Set<Loss>();
  let waitingBytes = 0;
  const drop = (loss: Loss, why: string): void => {
    world.metrics.series("contentDropped", loss).add(1);
    if (losing.has(loss)) return;
    losing.add(loss);
    world.notice({ event: "content_dropped", level: "error", message: `${words[loss]}: ${why}` });
  };
  const recordOne = async (content: ContentToStore, row: () => LedgerRow): Promise<void> => {
    let loss: Loss = "redaction";
    try {
      const said = await redactContent(content);
      loss = "key";
      const vault = await vaults.vault();
      if (vault === undefined) throw new Error("privacy.master_key is unset");
      const { callId, endedMs, organization, team, key, user, endUser } = row();
      const call = { callId, endedMs, organization, team, key, user, endUser };
      const sealed = await vault.seal(call, Buffer.from(printContent(said)));
      loss = "store";
      if (store.recordContent?.(sealed) !== true) throw new Error("the store takes none");
      stored.add(1);
      losing.clear();
    } catch (error) {
      drop(loss, error instanceof Error ? error.message : String(error));
    }
  };
  return {
    ...vaults,
    record(content, row) {
      const bytes = 2 * content.maxBytes;
      if (waitingBytes + bytes > maxWaitingBytes) return drop("overloaded", "too much waits");
      waitingBytes += bytes;
      const recorded = new Promise<void>((resolve) => setImmediate(resolve))
        .then(() => recordOne(content, row))
        .catch(world.onBug)
        .finally(() => {
          waitingBytes -= bytes;
          waiting.delete(recorded);
        });
      waiting.add(recorded);
    },
    async close(graceMs) {
      let callOff = (): void => undefined;
      const late = new Promise<void>((resolve) => {
        callOff = world.schedule(resolve, graceMs);
      });
      await Promise.race([Promise.all(waiting), late]);
      callOff();
      await vaults.closeServices();
    },
  };
}

const words: Readonly<Record<Loss, string>> = {
  overloaded: "content of calls is not stored, because it comes faster than it can be encrypted",
  redaction: "content of a call is not stored, because it could not be redacted",
  key: "content of calls is not stored, because there is no key for it",
  store: "content of calls is not stored",
};
