import type { Log } from "../../../../gen/parlance/config/v1/log_pb.js";
import { type ConfigScope, inField } from "../../config-scope.ts";
import type { Settings } from "../../settings.ts";
import { compileOtlp } from "./compile-otlp.ts";

/** Where the log is sent to; nothing where it is not, or after a report. */
export function compileLog(
  log: Pick<Log, "otlp"> | undefined,
  scope: ConfigScope,
): Pick<Settings, "logOtlp"> {
  const logOtlp = log?.otlp && compileOtlp(log.otlp, "logs", inField(scope, "otlp"));
  return logOtlp === undefined ? {} : { logOtlp };
}
