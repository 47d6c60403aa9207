import type { MessagePort } from "node:worker_threads";
import type { Settings, StoreSettings } from "../config/settings.ts";
import type { Notice } from "../core/notice.ts";
import { durationMs } from "../core/time/duration-ms.ts";
import type { StoreLink } from "../store/store.ts";
import { createMemoryLink } from "../store/thread/memory-link.ts";
import type { StoreThreadStart } from "../store/thread/messages.ts";
import { type StoreThread, startStoreThread } from "../store/thread/store-thread.ts";
import { keepsStoredQuestions } from "./stored/stored-questions.ts";

/** How long a stop waits for records to be written; the others wait in the journal. */
export const storeGraceMs = 5_000;

/**
 * The thread of the store of a configuration; undefined where it is kept in memory. `metrics` is
 * where it counts, made by `createMetricBuffer`.
 */
export async function openStoreThread(
  settings: Settings,
  notice: (notice: Notice) => void,
  metrics: SharedArrayBuffer,
): Promise<StoreThread | undefined> {
  const { store, config } = settings;
  if (store === undefined) return undefined;
  const questions = config.models.some(keepsStoredQuestions);
  return startStoreThread({ ...startOf(store, config.ledger), questions, metrics }, { notice });
}

/** Has the thread of a store take the credentials of settings that are in force. */
export function followStoreUrl(thread: StoreThread | undefined, { store }: Settings): void {
  if (store?.address.kind === "postgres") thread?.setUrl(store.address.url.reveal());
}

/** The way to the store from this thread: by a port of its thread, else in memory. */
export async function linkStore(
  port: MessagePort | undefined,
  world: { readonly notice: (notice: Notice) => void; readonly wallMs: () => number },
): Promise<StoreLink> {
  if (port === undefined) return createMemoryLink(world.wallMs);
  const { createPortLink } = await import("../store/thread/port-link.ts");
  return createPortLink(port, world.notice);
}

function startOf(
  { address, refuseDown, journal }: StoreSettings,
  ledger: Settings["config"]["ledger"],
): Omit<StoreThreadStart, "questions" | "metrics"> {
  const { path, maxBytes } = journal;
  const { retention, hourRetention } = ledger ?? {};
  return {
    address:
      address.kind === "postgres" ? { kind: "postgres", url: address.url.reveal() } : address,
    refuseDown,
    journal: { path, maxBytes },
    retention: {
      ...(retention === undefined ? {} : { callsMs: durationMs(retention) }),
      ...(hourRetention === undefined ? {} : { hoursMs: durationMs(hourRetention) }),
    },
  };
}
