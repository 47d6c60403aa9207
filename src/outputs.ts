import { conventionName } from "./adapters/catalog/convention-names.ts";
import type { World } from "./composition/world.ts";
import type { Settings } from "./config/settings.ts";
import type { CallContent } from "./core/ledger/call-content.ts";
import type { CallRecord } from "./core/ledger/call-record.ts";
import type { LedgerRow } from "./core/ledger/ledger-row.ts";
import { product } from "./edge/product.ts";
import { createTracer } from "./observe/tracing/tracer.ts";
import { createSinks } from "./sinks/sinks.ts";

/** Where calls that are over are sent to, outside of the process. */
export interface Outputs {
  /** Has those of a configuration in place of the ones before, which still send what they hold. */
  readonly configure: (settings: Settings) => void;
  /**
   * Takes a call, and what was said in it, where a sink is to have that. Without a row it is traced
   * alone: its caller is not known.
   */
  readonly record: (
    record: CallRecord,
    row: (() => LedgerRow) | undefined,
    content?: CallContent,
  ) => void;
  /** Sends what waits, as far as that goes within a time in milliseconds. */
  readonly close: (graceMs: number) => Promise<void>;
}

/** Makes the outputs; there are none until they are configured. */
export function createOutputs(world: World, settings: () => Settings): Outputs {
  const sinks = createSinks(world);
  const tracer = createTracer(world, { ...product, instanceId: world.instanceId }, (provider) => {
    const { providers } = settings();
    return conventionName(providers.get(provider)?.row.id ?? provider);
  });
  return {
    configure({ sinks: places, tracing, config }) {
      world.log?.configure(config.observe.log);
      sinks.configure(places);
      tracer.configure(tracing);
    },
    record(record, row, content) {
      tracer.record(record);
      if (row !== undefined) sinks.record(row, content);
    },
    async close(graceMs) {
      await Promise.all([sinks.close(graceMs), tracer.close(graceMs)]);
    },
  };
}
