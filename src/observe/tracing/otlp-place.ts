import { create, toBinary } from "@bufbuild/protobuf";
import {
  type ExportTraceServiceRequest,
  ExportTraceServiceRequestSchema,
  TraceService,
} from "../../../gen/opentelemetry/proto/collector/trace/v1/trace_service_pb.js";
import { KeyValueSchema } from "../../../gen/opentelemetry/proto/common/v1/common_pb.js";
import type { Span } from "../../../gen/opentelemetry/proto/trace/v1/trace_pb.js";
import type { TracingSettings } from "../../config/settings.ts";
import { post } from "../../sinks/places/post.ts";
import type { Place, SendFailure } from "../../sinks/sink.ts";

/** The program whose spans they are. */
export interface Service {
  readonly name: string;
  readonly version: string;
}

/** Sends the spans of calls to a collector: https://opentelemetry.io/docs/specs/otlp/ (1.10). */
export function otlpPlace(
  settings: Pick<TracingSettings, "url" | "protocol" | "headers" | "resource">,
  service: Service,
): Place<readonly Span[]> {
  const send = settings.protocol === "grpc" ? sendByGrpc(settings) : sendByHttp(settings);
  return {
    send: (calls, signal) => send(requestOf(calls.flat(), settings.resource, service), signal),
  };
}

type Send = (
  request: ExportTraceServiceRequest,
  signal: AbortSignal,
) => Promise<SendFailure | undefined>;

function requestOf(
  spans: readonly Span[],
  resource: ReadonlyMap<string, string>,
  { name, version }: Service,
): ExportTraceServiceRequest {
  const attributes = new Map([["service.name", name], ["service.version", version], ...resource]);
  return create(ExportTraceServiceRequestSchema, {
    resourceSpans: [
      {
        resource: {
          attributes: [...attributes].map(([key, value]) =>
            create(KeyValueSchema, { key, value: { value: { case: "stringValue", value } } }),
          ),
        },
        scopeSpans: [{ scope: { name, version }, spans: [...spans] }],
      },
    ],
  });
}

/** The path is added, as `OTEL_EXPORTER_OTLP_ENDPOINT` has it. */
function sendByHttp({ url, headers }: Pick<TracingSettings, "url" | "headers">): Send {
  const address = `${url.replace(/\/+$/, "")}/v1/traces`;
  return (request, signal) =>
    post(
      address,
      { "content-type": "application/x-protobuf", ...revealed(headers) },
      toBinary(ExportTraceServiceRequestSchema, request),
      signal,
    );
}

/** After these the same may be sent again: https://opentelemetry.io/docs/specs/otlp/#failures */
const again: ReadonlySet<string> = new Set([
  "Canceled",
  "DeadlineExceeded",
  "Aborted",
  "OutOfRange",
  "Unavailable",
  "DataLoss",
  "ResourceExhausted",
]);

/** What speaks gRPC is loaded when it is first needed. */
function sendByGrpc({ url, headers }: Pick<TracingSettings, "url" | "headers">): Send {
  let client: Promise<
    (request: ExportTraceServiceRequest, signal: AbortSignal) => Promise<unknown>
  >;
  const connect = async () => {
    const [{ createClient }, { createGrpcTransport }] = await Promise.all([
      import("@connectrpc/connect"),
      import("@connectrpc/connect-node"),
    ]);
    const traces = createClient(TraceService, createGrpcTransport({ baseUrl: url }));
    return (request: ExportTraceServiceRequest, signal: AbortSignal) =>
      traces.export(request, { signal, headers: revealed(headers) });
  };
  return async (request, signal) => {
    try {
      client ??= connect();
      await (await client)(request, signal);
      return undefined;
    } catch (error) {
      const { Code, ConnectError } = await import("@connectrpc/connect");
      const code = Code[ConnectError.from(error).code];
      return { why: `gRPC status ${code}`, again: again.has(code) };
    }
  };
}

function revealed(headers: TracingSettings["headers"]): Record<string, string> {
  return Object.fromEntries([...headers].map(([name, value]) => [name, value.reveal()]));
}
