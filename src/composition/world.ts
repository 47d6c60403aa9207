import type { AlertSharing } from "../alerts/alert-book.ts";
import type { LoadResult } from "../config/loading/load-config.ts";
import type { Outlet } from "../core/call.ts";
import type { CallRecord } from "../core/ledger/call-record.ts";
import type { LedgerRow } from "../core/ledger/ledger-row.ts";
import type { LogControl } from "../core/log-control.ts";
import type { MetricView } from "../core/metrics/metric-memory.ts";
import type { Metrics } from "../core/metrics/metrics.ts";
import type { Notice } from "../core/notice.ts";
import type { ConfigObject } from "../core/stored/config-object.ts";
import type { HostProcess } from "../observe/metrics/read-process.ts";
import type { SinkTest } from "../sinks/test-sinks.ts";
import type { State } from "../state/state.ts";
import type { StoreLink } from "../store/store.ts";
import type { VaultKeeper } from "./content/vault-keeper.ts";

/** The world as the gateway sees it; tests bring their own. */
export interface World {
  /** A monotonic clock in milliseconds with fractions. */
  readonly nowMs: () => number;
  /** The time of day in milliseconds since 1970. */
  readonly wallMs: () => number;
  /** A number from 0 up to but not including 1. */
  readonly random: () => number;
  /** A new id for a call. */
  readonly newId: () => string;
  /** Calls `run` after a time; gives a function that calls it off. */
  readonly schedule: (run: () => void, delayMs: number) => () => void;
  /**
   * The IP addresses of a host name, for media that calls name by address. Rejects for one that is
   * not known.
   */
  readonly lookup: (host: string) => Promise<readonly string[]>;
  /** Takes the record of each call when it is over. */
  readonly record: (record: CallRecord) => void;
  /** Takes each call that begins; see the policy that notes intents. Absent: nothing is kept. */
  readonly begun?: ((record: () => CallRecord | undefined) => () => void) | undefined;
  /** Takes what whoever runs the gateway should hear of beside calls. */
  readonly notice: (notice: Notice) => void;
  /** The log, for what decides how it is written. Absent: there is none. */
  readonly log?: LogControl | undefined;
  /** Shares what people were told with other gateways. Absent: nobody is told anything. */
  readonly shareAlerts?: (sharing: AlertSharing) => void;
  /** Sends something made up to a sink by its name, or to all (""). Absent: there are none. */
  readonly testSinks?: (name: string) => Promise<readonly SinkTest[]>;
  /** Changes the rows that wait for sinks on disk; gives how many were. Absent: none wait. */
  readonly rewriteSpools?: (change: (row: LedgerRow) => LedgerRow) => Promise<number>;
  /** Called with bugs: thrown values that are not a GatewayError. */
  readonly onBug: (error: unknown) => void;
  /** Gives the text of a file of the built-in facts of models by its name. */
  readonly readFacts: (file: string) => Promise<string>;
  /**
   * Loads a configuration text for ConfigService as a start with it would, looking up what it names
   * or not.
   */
  readonly loadConfig: (text: string, lookUps: boolean) => Promise<LoadResult>;
  /** Loads the configuration in force as it would be with these objects of the store. */
  readonly loadStored: (objects: readonly ConfigObject[]) => Promise<LoadResult>;
  /** Loads a configuration text as it would be if it was applied. */
  readonly loadApplied: (text: string) => Promise<LoadResult>;
  /** What this thread counts. */
  readonly metrics: Metrics;
  /** Names this process among all that run, for OpenTelemetry; its threads have the same. */
  readonly instanceId: string;
  /** The process, for metrics of it. Absent: there are none. */
  readonly process?: HostProcess | undefined;
  /** What the other threads of the process count. Absent: there are none. */
  readonly otherMetrics?: (() => readonly MetricView[]) | undefined;
  /** Notes that so many more calls are under way. Absent: nobody counts. */
  readonly underWay?: ((more: 1 | -1) => void) | undefined;
  /** What counts for all threads of the gateway together. */
  readonly state: State;
  /** What encrypts stored content. Absent: none is stored. */
  readonly vaults?: VaultKeeper | undefined;
  /** Lasting records. Absent: nothing is kept, as of a dry run. */
  readonly store?: StoreLink | undefined;
  /**
   * The way out to a configured provider in place of that by HTTP, for simulations. Absent or
   * undefined: by HTTP.
   */
  readonly outlet?: (provider: string) => Outlet | undefined;
}
