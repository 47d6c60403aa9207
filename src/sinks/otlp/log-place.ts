import { create } from "@bufbuild/protobuf";
import {
  ExportLogsServiceRequestSchema,
  LogsService,
} from "../../../gen/opentelemetry/proto/collector/logs/v1/logs_service_pb.js";
import type { LogRecord } from "../../../gen/opentelemetry/proto/logs/v1/logs_pb.js";
import type { OtlpSettings } from "../../config/settings.ts";
import type { Place } from "../sink.ts";
import { createOtlpSend } from "./otlp-client.ts";
import { resourceOf, scopeOf } from "./otlp-resource.ts";
import type { Service } from "./service.ts";

/** Sends records of the log to a collector. */
export function logPlace(settings: OtlpSettings, service: Service): Place<LogRecord> {
  const send = createOtlpSend(settings, {
    method: LogsService.method.export,
    partOf: ({ partialSuccess }) =>
      partialSuccess && { ...partialSuccess, rejected: partialSuccess.rejectedLogRecords },
  });
  const resource = resourceOf(service, settings.resource);
  const scope = scopeOf(service);
  return {
    send: (records, signal) =>
      send(
        create(ExportLogsServiceRequestSchema, {
          resourceLogs: [{ resource, scopeLogs: [{ scope, logRecords: [...records] }] }],
        }),
        signal,
      ),
  };
}
