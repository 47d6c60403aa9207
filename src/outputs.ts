import { conventionName } from "./adapters/catalog/convention-names.ts";
import type { World } from "./composition/world.ts";
import type { Settings } from "./config/settings.ts";
import type { CallContent } from "./core/ledger/call-content.ts";
import type { CallRecord } from "./core/ledger/call-record.ts";
import type { LedgerRow } from "./core/ledger/ledger-row.ts";
import type { SummedMetrics } from "./core/metrics/summed-metrics.ts";
import { product } from "./edge/product.ts";
import { createMetricExporter } from "./observe/metrics/metric-exporter.ts";
import { startOf } from "./observe/metrics/read-process.ts";
import type { NameProvider } from "./observe/provider-name.ts";
import { createTracer } from "./observe/tracing/tracer.ts";
import { createSinks } from "./sinks/sinks.ts";

/** Where calls that are over are sent to, outside of the process, and metrics. */
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

/** What outputs need. */
export interface OutputOptions {
  readonly world: World;
  readonly nameProvider: NameProvider;
  /** What all threads have counted. Absent: another thread sends it. */
  readonly readMetrics?: (() => SummedMetrics) | undefined;
}

/** Makes the outputs; there are none until they are configured. */
export function createOutputs({ world, nameProvider, readMetrics: read }: OutputOptions): Outputs {
  const service = { ...product, instanceId: world.instanceId };
  const sinks = createSinks(world);
  const tracer = createTracer(world, service, nameProvider);
  const startedMs = world.process === undefined ? world.wallMs() : 1000 * startOf(world.process);
  const metrics = read && createMetricExporter({ world, service, startedMs, read });
  return {
    configure({ sinks: places, tracing, metricsOtlp, config }) {
      world.log?.configure(config.observe.log);
      sinks.configure(places);
      tracer.configure(tracing);
      metrics?.configure(metricsOtlp);
    },
    record(record, row, content) {
      tracer.record(record);
      if (row !== undefined) sinks.record(row, content);
    },
    async close(graceMs) {
      await Promise.all([sinks.close(graceMs), tracer.close(graceMs), metrics?.close(graceMs)]);
    },
  };
}

/** Names providers by the vendors that the settings in force say they are. */
export function providerNames(settings: () => Settings): NameProvider {
  return (provider) => conventionName(settings().providers.get(provider)?.row.id ?? provider);
}
