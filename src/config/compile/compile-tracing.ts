import { OtlpProtocol, type Tracing } from "../../../gen/parlance/config/v1/observe_pb.js";
import { durationMs } from "../../core/time/duration-ms.ts";
import { type ConfigScope, inField } from "../config-scope.ts";
import { tracingDefaults } from "../defaults.ts";
import { isHttp, notHttp } from "../http-url.ts";
import { resolveSecret } from "../resolve-secret.ts";
import type { SecretValue } from "../secret-value.ts";
import type { Settings } from "../settings.ts";

/** Where spans are sent to; nothing where none are made, or after a report. */
export function compileTracing(
  tracing: Tracing | undefined,
  scope: ConfigScope,
): Pick<Settings, "tracing"> {
  if (tracing?.otlp === undefined) return {};
  const { url, protocol, headers, resource } = tracing.otlp;
  const place = inField(scope, "otlp");
  if (!isHttp(url)) {
    notHttp(place, "http://127.0.0.1:4318");
    return {};
  }
  const values = new Map<string, SecretValue>();
  for (const [name, secret] of Object.entries(headers)) {
    const value = resolveSecret(secret, inField(inField(place, "headers"), name));
    if (value !== undefined) values.set(name, value);
  }
  const { samplePercent = tracingDefaults.samplePercent, propagate } = tracing;
  return {
    tracing: {
      url,
      protocol: protocol === OtlpProtocol.GRPC ? "grpc" : "http",
      headers: values,
      resource: new Map(Object.entries(resource)),
      samplePercent,
      slowMs: durationMs(tracing.slowAfter ?? tracingDefaults.slowAfter),
      propagate,
    },
  };
}
