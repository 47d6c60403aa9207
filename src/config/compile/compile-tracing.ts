import type { Tracing } from "../../../gen/parlance/config/v1/observe_pb.js";
import { durationMs } from "../../core/time/duration-ms.ts";
import { type ConfigScope, inField } from "../config-scope.ts";
import { tracingDefaults } from "../defaults.ts";
import type { Settings } from "../settings.ts";
import { compileOtlp } from "./compile-otlp.ts";

/** Where spans are sent to; nothing where none are made, or after a report. */
export function compileTracing(
  tracing: Tracing | undefined,
  scope: ConfigScope,
): Pick<Settings, "tracing"> {
  if (tracing?.otlp === undefined) return {};
  const otlp = compileOtlp(tracing.otlp, "traces", inField(scope, "otlp"));
  if (otlp === undefined) return {};
  const { samplePercent = tracingDefaults.samplePercent, propagate } = tracing;
  return {
    tracing: {
      ...otlp,
      samplePercent,
      slowMs: durationMs(tracing.slowAfter ?? tracingDefaults.slowAfter),
      propagate,
    },
  };
}
