import { createHash } from "node:crypto";
import type { Span } from "../../../gen/opentelemetry/proto/trace/v1/trace_pb.js";
import type { TracingSettings } from "../../config/settings.ts";
import type { CallRecord } from "../../core/ledger/call-record.ts";
import { createBatchSink } from "../../sinks/batch-sink.ts";
import type { Sink, SinkWorld } from "../../sinks/sink.ts";
import { callSpans, type NameProvider } from "./call-spans.ts";
import { otlpPlace, type Service } from "./otlp-place.ts";
import { callTrace } from "./trace-context.ts";

/** Sends the spans of calls as the configuration says. */
export interface Tracer {
  /** Has another configuration; undefined: nothing is sent. What waits is still sent. */
  readonly configure: (settings: TracingSettings | undefined) => void;
  /** Takes a call that is over. Never throws and never waits. */
  readonly record: (record: CallRecord) => void;
  /** Sends what waits, as far as that goes within a time in milliseconds. */
  readonly close: (graceMs: number) => Promise<void>;
}

/** What a tracer needs of the world. */
export interface TracerWorld extends SinkWorld {
  readonly nowMs: () => number;
}

/** How long spans of a configuration that is replaced may still be sent. */
const graceMs = 30_000;

/** Makes a tracer, which sends nothing until it is configured. */
export function createTracer(
  world: TracerWorld,
  service: Service,
  nameProvider: NameProvider,
): Tracer {
  let current:
    | { readonly settings: TracingSettings; readonly sink: Sink<readonly Span[]> }
    | undefined;
  let known = "";
  const leaving = new Set<Promise<void>>();
  return {
    configure(settings) {
      const key = keyOf(settings);
      if (key === known) return;
      known = key;
      if (current !== undefined) {
        const left = current.sink.close(graceMs).finally(() => leaving.delete(left));
        leaving.add(left);
      }
      current = settings && {
        settings,
        sink: createBatchSink({
          name: "tracing",
          place: otlpPlace(settings, service),
          fit: (spans) => spans,
          world,
        }),
      };
    },
    record(record) {
      if (current === undefined || !isSent(record, current.settings)) return;
      const [endedMs, endedMonoMs] = [world.wallMs(), world.nowMs()];
      current.sink.record(() => {
        const trace = callTrace(record.callId, record.traceparent);
        return callSpans({ record, trace, endedMs, endedMonoMs }, nameProvider);
      });
    },
    async close(ms) {
      await Promise.all([...leaving, current?.sink.close(ms)]);
    },
  };
}

/**
 * Whether the spans of a call are sent: of calls that fail and of slow ones always. Else the caller
 * decides, if it names a span, and if not the trace's id, so that all gateways choose the same.
 */
function isSent(record: CallRecord, { samplePercent, slowMs }: TracingSettings): boolean {
  if (record.fault !== undefined || record.durationMs >= slowMs) return true;
  const { parent, traceId } = callTrace(record.callId, record.traceparent);
  if (parent !== undefined) return parent.sampled;
  if (samplePercent >= 100) return true;
  return Number.parseInt(traceId.slice(-8), 16) < (samplePercent / 100) * 2 ** 32;
}

/** What is the same of settings that are the same, with their secrets, as a digest. */
function keyOf(settings: TracingSettings | undefined): string {
  if (settings === undefined) return "";
  const { headers, resource, ...rest } = settings;
  const secrets = [...headers].map(([name, value]) => [name, value.reveal()]);
  const text = JSON.stringify([rest, secrets, [...resource]]);
  return createHash("sha256").update(text).digest("hex");
}
