import type { Metrics } from "../../../../gen/parlance/config/v1/observe_pb.js";
import { OtlpTemporality } from "../../../../gen/parlance/config/v1/otlp_pb.js";
import { durationMs } from "../../../core/time/duration-ms.ts";
import { type ConfigScope, inField, problem } from "../../config-scope.ts";
import { otlpMetricsDefaults } from "../../defaults.ts";
import type { OtlpMetricsSettings, Settings } from "../../settings.ts";
import { compileOtlp, otlpVariable } from "./compile-otlp.ts";

/** Where metrics are sent to; nothing where they are not, or after a report. */
export function compileMetrics(
  { disabled, otlp }: Metrics,
  scope: ConfigScope,
): Pick<Settings, "metricsOtlp"> {
  if (otlp === undefined) return {};
  const own = inField(scope, "otlp");
  if (disabled)
    return (
      problem(own, {
        message: "has nothing to send, for nothing is counted",
        hint: "leave out otlp, or disabled",
        ruleId: "metrics_disabled",
      }) ?? {}
    );
  const place = compileOtlp(otlp, "metrics", own);
  if (place === undefined) return {};
  const intervalMs = durationMs(otlp.interval ?? otlpMetricsDefaults.interval);
  return { metricsOtlp: { ...place, intervalMs, temporality: temporalityOf(otlp, own) } };
}

/** The variable holds for the collector that the environment names. */
function temporalityOf(
  { temporality, url }: NonNullable<Metrics["otlp"]>,
  scope: ConfigScope,
): OtlpMetricsSettings["temporality"] {
  if (temporality === OtlpTemporality.DELTA) return "delta";
  if (temporality === OtlpTemporality.CUMULATIVE || url !== "") return "cumulative";
  const preferred = otlpVariable(scope, "METRICS_TEMPORALITY_PREFERENCE");
  return preferred.toLowerCase() === "delta" ? "delta" : "cumulative";
}
