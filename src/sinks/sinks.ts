import type { SinkSettings } from "../config/settings.ts";
import type { LedgerRow } from "../core/ledger/ledger-row.ts";
import { createLangsmithSink, type SinkWorld } from "./langsmith-sink.ts";
import type { Sink } from "./sink.ts";

/** The sinks of a configuration. */
export interface Sinks extends Sink {
  /** Has those of another configuration in place of these; what they hold is still sent. */
  readonly configure: (settings: readonly SinkSettings[]) => void;
}

/** How long sinks that are replaced may take to send what they hold. */
const graceMs = 30_000;

/** Makes the sinks of configurations. There are none at first. */
export function createSinks(world: SinkWorld): Sinks {
  let known = "";
  let sinks: readonly Sink[] = [];
  const leaving = new Set<Promise<void>>();
  return {
    configure(settings) {
      const key = keyOf(settings);
      if (key === known) return;
      known = key;
      for (const sink of sinks) {
        const left = sink.close(graceMs).finally(() => leaving.delete(left));
        leaving.add(left);
      }
      sinks = settings.map((one) => createLangsmithSink(one, world));
    },
    record(row: () => LedgerRow) {
      for (const sink of sinks) sink.record(row);
    },
    async close(ms) {
      await Promise.all([...leaving, ...sinks.map((sink) => sink.close(ms))]);
    },
  };
}

/** What is the same of settings that are the same, with their secrets. Kept in memory alone. */
function keyOf(settings: readonly SinkSettings[]): string {
  return JSON.stringify(
    settings.map(({ kind, url, project, apiKey }) => [kind, url, project, apiKey.reveal()]),
  );
}
