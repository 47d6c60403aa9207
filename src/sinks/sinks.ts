import type { SinkSettings } from "../config/settings.ts";
import type { FileSettings } from "../config/sink-settings.ts";
import { boundContent, type CallContent, maxWaitingCalls } from "../core/ledger/call-content.ts";
import type { LedgerRow } from "../core/ledger/ledger-row.ts";
import { type Batch, createBatchSink } from "./batch-sink.ts";
import { filesPlace } from "./files/files-place.ts";
import { folderStore } from "./files/folder-store.ts";
import { s3Store } from "./files/s3-store.ts";
import { rowFitter } from "./fit-row.ts";
import { bigqueryPlace } from "./places/bigquery-place.ts";
import { callsJson } from "./places/call-json.ts";
import { clickhousePlace } from "./places/clickhouse-place.ts";
import { datadogPlace } from "./places/datadog-place.ts";
import { jsonlPlace } from "./places/jsonl-place.ts";
import { langfusePlace } from "./places/langfuse-place.ts";
import { langsmithPlace } from "./places/langsmith-place.ts";
import { type Origin, otlpPlace } from "./places/otlp-place.ts";
import { webhookPlace } from "./places/webhook-place.ts";
import { kafkaPlace } from "./queues/kafka-place.ts";
import { natsPlace } from "./queues/nats-place.ts";
import { createReplaceable } from "./replaceable.ts";
import type { Place, Sink, SinkRow, SinkWorld } from "./sink.ts";
import { openSpool, type Spool } from "./spool.ts";

/** What of a call is not in its row. */
interface Beyond {
  /** What was said in it. */
  readonly content?: CallContent | undefined;
  readonly traceparent?: string | undefined;
}

/** The sinks of a configuration. */
export interface Sinks extends Pick<Sink, "close"> {
  /** Takes the record of a call, and what else of it some sinks are to have. */
  readonly record: (row: () => LedgerRow, more?: Beyond) => void;
  /** The places by the names of their sinks, for tests of them. */
  readonly places: () => ReadonlyMap<string, Place>;
  /** Changes the rows that wait on disk and are not being sent; gives how many were changed. */
  readonly rewriteSpools: (change: (row: LedgerRow) => LedgerRow) => Promise<number>;
  /** Has those of another configuration in place of these; what they hold is still sent. */
  readonly configure: (settings: readonly SinkSettings[]) => void;
}

/** Makes the sinks of configurations. There are none at first. */
export function createSinks(world: SinkWorld, origin: Origin): Sinks {
  const all = createReplaceable((settings: readonly SinkSettings[]) => {
    const sinks = settings.map((one) => createSink(one, world, origin));
    const close = async (ms: number) => {
      await Promise.all(sinks.map(({ sink }) => sink.close(ms)));
    };
    return { sinks, close };
  });
  return {
    configure: all.configure,
    close: all.close,
    places: () => new Map((all.current()?.sinks ?? []).map(({ name, place }) => [name, place])),
    async rewriteSpools(change) {
      let count = 0;
      for (const { spool } of all.current()?.sinks ?? [])
        count += (await spool?.rewrite(change)) ?? 0;
      return count;
    },
    record(row, { content, traceparent } = {}) {
      for (const { sink, contentBytes, traced } of all.current()?.sinks ?? [])
        sink.record(
          withMore(row, {
            ...(traced && traceparent !== undefined ? { traceparent } : undefined),
            ...(content !== undefined && contentBytes > 0 ? { content, contentBytes } : undefined),
          }),
        );
    },
  };
}

/** A row with what its sink has beside it. */
function withMore(
  row: () => LedgerRow,
  more: Pick<SinkRow, "traceparent"> & {
    readonly content?: CallContent;
    readonly contentBytes?: number;
  },
): () => SinkRow {
  const { traceparent, content, contentBytes = 0 } = more;
  if (traceparent === undefined && content === undefined) return row;
  return () => ({
    ...row(),
    ...(traceparent === undefined ? undefined : { traceparent }),
    ...(content === undefined ? undefined : { content: boundContent(content, contentBytes) }),
  });
}

/** A sink, and how many bytes of a prompt and of an answer it has. */
interface KnownSink {
  readonly name: string;
  readonly place: Place;
  readonly sink: Sink;
  /** Where its records wait on disk. Undefined: nowhere. */
  readonly spool: Spool | undefined;
  /** Whether its records are within traces. */
  readonly traced: boolean;
  readonly contentBytes: number;
}

function createSink(settings: SinkSettings, world: SinkWorld, origin: Origin): KnownSink {
  const { name, to, contentBytes } = settings;
  const { wallMs } = world;
  const batch = "files" in to ? batchOf(to.files) : undefined;
  const spool =
    settings.spool &&
    openSpool({
      folder: settings.spool.path,
      maxBytes: settings.spool.maxBytes,
      wallMs,
      fileRows: batch?.records,
    });
  const place = placeOf(to, wallMs, origin);
  const sink = createBatchSink({
    name,
    ...(contentBytes > 0 ? { maxWaiting: maxWaitingCalls(contentBytes) } : {}),
    place,
    batch,
    fit: rowFitter(settings),
    spool,
    world,
  });
  return { name, place, sink, spool, contentBytes, traced: tracedKinds.has(to.kind) };
}

/** Places that put calls into the traces of their callers. */
const tracedKinds: ReadonlySet<string> = new Set(["otlp", "langfuse", "datadog"]);

function batchOf({ maxCalls, maxWaitMs }: FileSettings): Batch {
  return { records: maxCalls, waitMs: maxWaitMs };
}

function placeOf(to: SinkSettings["to"], wallMs: () => number, origin: Origin): Place {
  switch (to.kind) {
    case "langsmith":
      return langsmithPlace(to);
    case "langfuse":
      return langfusePlace(to, origin);
    case "datadog":
      return datadogPlace(to, origin.nameProvider);
    case "jsonl":
      return jsonlPlace(to);
    case "webhook":
      return webhookPlace(to, wallMs, callsJson);
    case "clickhouse":
      return clickhousePlace(to);
    case "parquet":
      return filesPlace("parquet", folderStore(to.dir));
    case "s3":
      return filesPlace(to.format, s3Store(to, wallMs));
    case "otlp":
      return otlpPlace(to, origin);
    case "bigquery":
      return bigqueryPlace(to, wallMs);
    case "kafka":
      return kafkaPlace(to);
    case "nats":
      return natsPlace(to);
  }
}
