import { createServer } from "node:http";
import { createServer as createHttp2Server } from "node:http2";
import type { AddressInfo } from "node:net";
import { buffer } from "node:stream/consumers";
import { type DescMessage, fromBinary, type MessageShape } from "@bufbuild/protobuf";
import { Code, ConnectError } from "@connectrpc/connect";
import { connectNodeAdapter } from "@connectrpc/connect-node";
import { expect, onTestFinished } from "vitest";
import {
  type ExportLogsServiceRequest,
  LogsService,
} from "../../gen/opentelemetry/proto/collector/logs/v1/logs_service_pb.js";
import {
  type ExportMetricsServiceRequest,
  MetricsService,
} from "../../gen/opentelemetry/proto/collector/metrics/v1/metrics_service_pb.js";
import {
  type ExportTraceServiceRequest,
  TraceService,
} from "../../gen/opentelemetry/proto/collector/trace/v1/trace_service_pb.js";
import type { AnyValue, KeyValue } from "../../gen/opentelemetry/proto/common/v1/common_pb.js";
import type { LogRecord } from "../../gen/opentelemetry/proto/logs/v1/logs_pb.js";
import type { Metric } from "../../gen/opentelemetry/proto/metrics/v1/metrics_pb.js";
import type { Span } from "../../gen/opentelemetry/proto/trace/v1/trace_pb.js";
import type { FakeClock } from "../fake-clock.ts";

/** A collector that keeps what it takes. */
export interface Collector {
  readonly url: string;
  readonly headers: Record<string, unknown>[];
  readonly traces: ExportTraceServiceRequest[];
  readonly metrics: ExportMetricsServiceRequest[];
  readonly logs: ExportLogsServiceRequest[];
  /** Whether it takes what comes, says that it cannot now, or for good, or says nothing. */
  mode: "takes" | "fails" | "refuses" | "stalls";
  /** How many of each request it says that it has refused. */
  rejects: bigint;
  /** How many requests have come. */
  asked: number;
}

/** Starts a collector that is spoken to in one way; it ends with the test. */
export type StartCollector = () => Promise<Collector>;

async function listening(server: ReturnType<typeof createServer | typeof createHttp2Server>) {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => void server.close());
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`; // it listens on TCP
}

function createCollector(): Collector & { url: string } {
  const empty = { headers: [], traces: [], metrics: [], logs: [] };
  return { url: "", ...empty, mode: "takes", rejects: 0n, asked: 0 };
}

async function startHttpCollector(): Promise<Collector> {
  const collector = createCollector();
  const server = createServer((request, response) => {
    void buffer(request).then((body) => {
      collector.asked += 1;
      expect(request.method).toBe("POST");
      expect(request.headers["content-type"]).toBe("application/x-protobuf");
      if (collector.mode === "stalls") return undefined;
      if (collector.mode === "fails") return response.writeHead(503).end();
      if (collector.mode === "refuses") return response.writeHead(400).end();
      const read = <Request extends DescMessage>(schema: Request): MessageShape<Request> =>
        fromBinary(schema, body);
      switch (request.url) {
        case "/v1/traces":
          collector.traces.push(read(TraceService.method.export.input));
          break;
        case "/v1/metrics":
          collector.metrics.push(read(MetricsService.method.export.input));
          break;
        case "/v1/logs":
          collector.logs.push(read(LogsService.method.export.input));
          break;
        default:
          return response.writeHead(404).end();
      }
      collector.headers.push(request.headers);
      response.writeHead(200, { "content-type": "application/x-protobuf" });
      // partial_success { rejected_...: n }, which all three kinds have in the same fields.
      const reply = collector.rejects === 0n ? [] : [0x0a, 2, 0x08, Number(collector.rejects)];
      return response.end(Buffer.from(reply));
    });
  });
  onTestFinished(() => server.closeAllConnections());
  collector.url = await listening(server);
  return collector;
}

async function startGrpcCollector(): Promise<Collector> {
  const collector = createCollector();
  const take = async <Request>(
    all: Request[],
    request: Request,
    { requestHeader, signal }: { requestHeader: Headers; signal: AbortSignal },
  ): Promise<void> => {
    collector.asked += 1;
    if (collector.mode === "stalls")
      await new Promise((_, reject) => signal.addEventListener("abort", reject));
    if (collector.mode === "fails") throw new ConnectError("not now", Code.Unavailable);
    if (collector.mode === "refuses") throw new ConnectError("never", Code.InvalidArgument);
    collector.headers.push(Object.fromEntries(requestHeader));
    all.push(request);
  };
  const handler = connectNodeAdapter({
    routes: (router) => {
      router.service(TraceService, {
        async export(request, context) {
          await take(collector.traces, request, context);
          return { partialSuccess: { rejectedSpans: collector.rejects } };
        },
      });
      router.service(MetricsService, {
        async export(request, context) {
          await take(collector.metrics, request, context);
          return { partialSuccess: { rejectedDataPoints: collector.rejects } };
        },
      });
      router.service(LogsService, {
        async export(request, context) {
          await take(collector.logs, request, context);
          return { partialSuccess: { rejectedLogRecords: collector.rejects } };
        },
      });
    },
  });
  const server = createHttp2Server(handler);
  const sessions = new Set<{ destroy: () => void }>();
  server.on("session", (session) => void sessions.add(session));
  onTestFinished(() => {
    for (const session of sessions) session.destroy();
  });
  collector.url = await listening(server);
  return collector;
}

/** The two ways of speaking to a collector, by their names in the config. */
export const collectors: Readonly<Record<"HTTP_PROTOBUF" | "GRPC", StartCollector>> = {
  HTTP_PROTOBUF: startHttpCollector,
  GRPC: startGrpcCollector,
};

/** Spans that came, in order. */
export function spansOf({ traces }: Collector): readonly Span[] {
  return traces.flatMap(({ resourceSpans }) =>
    resourceSpans.flatMap(({ scopeSpans }) => scopeSpans.flatMap(({ spans }) => spans)),
  );
}

/** Metrics that came in a request; of the last one by default. */
export function metricsOf({ metrics }: Collector, at = -1): readonly Metric[] {
  const { resourceMetrics = [] } = metrics.at(at) ?? {};
  return resourceMetrics.flatMap(({ scopeMetrics }) =>
    scopeMetrics.flatMap(({ metrics: all }) => all),
  );
}

/** Records of the log that came, in order. */
export function logsOf({ logs }: Collector): readonly LogRecord[] {
  return logs.flatMap(({ resourceLogs }) =>
    resourceLogs.flatMap(({ scopeLogs }) => scopeLogs.flatMap(({ logRecords }) => logRecords)),
  );
}

/** Attributes by their names. */
export function attributesOf(attributes: readonly KeyValue[]): Record<string, unknown> {
  return Object.fromEntries(attributes.map(({ key, value }) => [key, plain(value)]));
}

function plain(value: AnyValue | undefined): unknown {
  if (value?.value.case === "arrayValue") return value.value.value.values.map(plain);
  return value?.value.value;
}

/** The bytes of an id as hex digits. */
export function hex(bytes: Uint8Array | undefined): string {
  return Buffer.from(bytes ?? []).toString("hex");
}

/** Moves a clock on until something holds. */
export async function advanceUntil(
  clock: FakeClock,
  holds: () => unknown,
  stepMs = 1_000,
): Promise<void> {
  await expect
    .poll(() => {
      clock.advance(stepMs);
      return holds();
    })
    .toBe(true);
}
