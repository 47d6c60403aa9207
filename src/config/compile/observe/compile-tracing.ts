import type { Tracing } from "../../../../gen/parlance/config/v1/observe_pb.js";
import { durationMs } from "../../../core/time/duration-ms.ts";
import { type ConfigScope, inField, problem } from "../../config-scope.ts";
import { tracingDefaults } from "../../defaults.ts";
import type { Settings } from "../../settings.ts";
import { compileOtlp } from "./compile-otlp.ts";

/** Where spans are sent to; nothing where none are made, or after a report. */
export function compileTracing(
  tracing: Tracing | undefined,
  scope: ConfigScope,
): Pick<Settings, "tracing"> {
  if (tracing?.otlp === undefined) return {};
  const otlp = compileOtlp(tracing.otlp, "traces", inField(scope, "otlp"));
  if (otlp === undefined) return {};
  const { samplePercent = tracingDefaults.samplePercent, propagate, content } = tracing;
  if (!content && tracing.contentBytes !== undefined)
    problem(inField(scope, "content_bytes"), {
      message: "says how much of what nothing is put on spans",
      hint: "set content: true, or leave out content_bytes",
      ruleId: "tracing_content",
    });
  return {
    tracing: {
      ...otlp,
      samplePercent,
      slowMs: durationMs(tracing.slowAfter ?? tracingDefaults.slowAfter),
      propagate,
      contentBytes: content ? (tracing.contentBytes ?? tracingDefaults.contentBytes) : 0,
      baggage: new Set(tracing.baggage),
    },
  };
}
