import { createSecretValue } from "../../config/secret-value.ts";
import type { LangfuseSettings } from "../../config/settings.ts";
import { lazyPlace } from "../lazy-place.ts";
import type { Place, SinkRow } from "../sink.ts";
import type { Origin } from "./otlp-place.ts";

/**
 * A project of Langfuse. It recommends OTLP over its own ingestion API, and takes this version of
 * it at once: https://langfuse.com/docs/api-and-data-platform/features/public-api (2026-11)
 */
export function langfusePlace(
  { url, publicKey, secretKey }: LangfuseSettings,
  { service }: Pick<Origin, "service">,
): Place {
  return lazyPlace(async () => {
    const [{ tracePlace }, { langfuseSpan }] = await Promise.all([
      import("../otlp/trace-place.ts"),
      import("../otlp/langfuse-span.ts"),
    ]);
    const basic = Buffer.from(`${publicKey.reveal()}:${secretKey.reveal()}`).toString("base64");
    return tracePlace(
      {
        url: `${url}/api/public/otel/v1/traces`,
        protocol: "http",
        headers: new Map([
          ["authorization", createSecretValue(`Basic ${basic}`)],
          ["x-langfuse-ingestion-version", createSecretValue("4")],
        ]),
        resource: new Map(),
      },
      service,
      (row: SinkRow) => [langfuseSpan(row)],
    );
  });
}
