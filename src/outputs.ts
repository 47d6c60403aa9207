import type { LogLevel } from "../gen/parlance/config/v1/log_pb.js";
import { conventionName } from "./adapters/catalog/convention-names.ts";
import { madeUpAlert } from "./alerts/alert.ts";
import { type Alerts, withAlerts } from "./alerts/alerts.ts";
import { ledgerRowOf } from "./composition/usage/ledger-row-of.ts";
import type { World } from "./composition/world.ts";
import type { Settings } from "./config/settings.ts";
import type { CallContent } from "./core/ledger/call-content.ts";
import type { CallRecord } from "./core/ledger/call-record.ts";
import type { LedgerRow } from "./core/ledger/ledger-row.ts";
import type { SummedMetrics } from "./core/metrics/summed-metrics.ts";
import type { Notice } from "./core/notice.ts";
import { product } from "./edge/product.ts";
import type { Gateway } from "./gateway.ts";
import { levelOfNotice } from "./logging/notice-line.ts";
import { levelOfCall } from "./logging/record-facts.ts";
import { createLogExporter } from "./observe/log-exporter.ts";
import { createMetricExporter } from "./observe/metrics/metric-exporter.ts";
import { startOf } from "./observe/metrics/read-process.ts";
import { createTracer } from "./observe/tracing/tracer.ts";
import type { NameProvider } from "./sinks/otlp/conventions.ts";
import { createSinks } from "./sinks/sinks.ts";
import { madeUpRow, type SinkTest, testPlaces } from "./sinks/test-sinks.ts";

/** Where calls that are over are sent to, outside of the process, with metrics, the log and alerts. */
export interface Outputs {
  readonly alerts: Alerts;
  /** Has those of a configuration in place of the ones before, which still send what they hold. */
  readonly configure: (settings: Settings) => void;
  /**
   * Takes a call, and what was said in it, where a sink is to have that. Without a row it is traced
   * and logged alone: its caller is not known.
   */
  readonly record: (
    record: CallRecord,
    row: (() => LedgerRow) | undefined,
    content?: CallContent,
  ) => void;
  /** Tells the world and the log of something. */
  readonly notice: (notice: Notice) => void;
  /** Sends something made up to a sink by its name, or to all (""). */
  readonly test: (name: string) => Promise<readonly SinkTest[]>;
  /** Changes the rows that wait for sinks on disk; gives how many were changed. */
  readonly rewriteSpools: (change: (row: LedgerRow) => LedgerRow) => Promise<number>;
  /** Sends what waits, as far as that goes within a time in milliseconds. */
  readonly close: (graceMs: number) => Promise<void>;
}

/** What sends to the outside. */
export interface Sending {
  readonly outputs: Outputs;
  /** With notices that are sent too. */
  readonly world: World;
  readonly nameProvider: NameProvider;
  readonly settings: () => Settings;
  /** Has the metrics of an engine sent. */
  readonly readFrom: (engine: Gateway) => void;
}

/**
 * Makes the outputs of a world; there are none until they are configured. `sendsMetrics`: no other
 * thread sends what all threads count.
 */
export function createSending(
  system: World,
  settings: () => Settings,
  sendsMetrics: boolean,
): Sending {
  const nameProvider = providerNames(settings);
  const { alerts, world } = withAlerts(system);
  let readMetrics: () => SummedMetrics = () => new Map();
  const outputs = createOutputs({
    ...{ world, alerts, settings, nameProvider },
    readMetrics: sendsMetrics ? () => readMetrics() : undefined,
  });
  const { notice, test: testSinks, rewriteSpools } = outputs;
  return {
    ...{ outputs, nameProvider, settings },
    world: { ...world, notice, testSinks, rewriteSpools },
    readFrom({ metrics }) {
      readMetrics = metrics.read;
    },
  };
}

/** What outputs need. */
interface OutputOptions {
  readonly world: World;
  readonly settings: () => Settings;
  readonly alerts: Alerts;
  readonly nameProvider: NameProvider;
  /** What all threads have counted. Absent: another thread sends it. */
  readonly readMetrics?: (() => SummedMetrics) | undefined;
}

function createOutputs(options: OutputOptions): Outputs {
  const { world: bare, alerts, nameProvider, readMetrics: read } = options;
  const service = { ...product, instanceId: bare.instanceId };
  // What it says of itself it cannot send.
  const log = createLogExporter(bare, service, nameProvider);
  const isLogged = (level: LogLevel) => log.sends() && level <= levelOf(options);
  const notice = (one: Notice) => {
    bare.notice(one);
    const nowMs = bare.wallMs();
    if (isLogged(levelOfNotice(one))) log.record(() => ({ notice: one, nowMs }));
  };
  const world = { ...bare, notice };
  const sinks = createSinks(world, { service, nameProvider });
  const tracer = createTracer(world, service, nameProvider);
  const startedMs = world.process === undefined ? world.wallMs() : 1000 * startOf(world.process);
  const metrics = read && createMetricExporter({ world, service, startedMs, read });
  return {
    notice,
    rewriteSpools: sinks.rewriteSpools,
    alerts,
    configure(settings) {
      const { sinks: places, tracing, metricsOtlp, logOtlp, config } = settings;
      world.log?.configure(config.observe.log);
      log.configure(logOtlp);
      sinks.configure(places);
      tracer.configure(tracing);
      metrics?.configure(metricsOtlp);
      alerts.configure(settings);
    },
    record(record, row, content) {
      const { traceparent } = record;
      tracer.record(record, content);
      alerts.record(record);
      if (row !== undefined) sinks.record(row, { content, traceparent });
      if (!isLogged(levelOfCall(record))) return;
      const endedMs = world.wallMs();
      const whole = row ?? (() => ledgerRowOf(record, endedMs));
      log.record(() => ({ call: { ...whole(), traceparent } }));
    },
    async test(name) {
      const nowMs = world.wallMs();
      const [ofCalls, ofAlerts] = await Promise.all([
        testPlaces(named(sinks.places(), name), madeUpRow(world.newId(), nowMs)),
        testPlaces(named(alerts.places(), name), madeUpAlert(world.newId(), nowMs)),
      ]);
      return [...ofCalls, ...ofAlerts];
    },
    async close(graceMs) {
      await Promise.all([sinks.close(graceMs), tracer.close(graceMs), metrics?.close(graceMs)]);
      await log.close(graceMs);
      // Last: it says which of them took nothing.
      await alerts.close(graceMs);
    },
  };
}

/** The level in force; without a log of its own, as in process, that of the config. */
function levelOf({ world, settings }: OutputOptions): LogLevel {
  return world.log?.level().level ?? settings().config.observe.log.level;
}

/** Names providers by the vendors that the settings in force say they are. */
export function providerNames(settings: () => Settings): NameProvider {
  return (provider) => conventionName(settings().providers.get(provider)?.row.id ?? provider);
}

/** The one of a name; "": all. */
function named<Value>(all: ReadonlyMap<string, Value>, name: string): ReadonlyMap<string, Value> {
  if (name === "") return all;
  const one = all.get(name);
  return new Map(one === undefined ? [] : [[name, one]]);
}
