import type { MessageInitShape } from "@bufbuild/protobuf";
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import type { LogLevelStateSchema } from "../../../gen/parlance/admin/v1/log_level_pb.js";
import { LogLevel } from "../../../gen/parlance/config/v1/log_pb.js";
import { ErrorReason } from "../../../gen/parlance/error/v1/error_reason_pb.js";
import type { Settings } from "../../config/settings.ts";
import { invalidField } from "../../core/faults/fault.ts";
import { GatewayError } from "../../core/faults/gateway-error.ts";
import type { LogControl } from "../../core/log-control.ts";
import type { AdminCaller, ConfigDirectory } from "../../edge/gateway-api.ts";
import type { StoreLink } from "../../store/store.ts";
import { auditOf } from "../stored/audit-of.ts";
import type { World } from "../world.ts";
import { untilTime } from "./until-time.ts";

/** What the level of the log is set through. */
export interface LogLevelsOptions extends Pick<World, "log" | "notice" | "wallMs"> {
  readonly settings: () => Settings;
  /** Undefined: there is no store. */
  readonly store?: Pick<StoreLink, "request"> | undefined;
}

/**
 * Lets admins see and set the level of the log. A change is in the audit where there is a database;
 * one that does not answer keeps nobody from a change, for it may be what the log is read for.
 */
export function createLogLevels(options: LogLevelsOptions): ConfigDirectory["logLevel"] {
  const { notice, wallMs } = options;
  return {
    async getLogLevel() {
      return { state: describe(logOf(options)) };
    },
    async setLogLevel({ level, until }, caller) {
      const log = logOf(options);
      const nowMs = wallMs();
      const wanted = level === LogLevel.UNSPECIFIED ? undefined : level;
      if (wanted === undefined && until !== undefined)
        throw new GatewayError(
          invalidField("until", "goes with a level: that of the configuration does not end"),
        );
      const untilMs = untilTime(until, nowMs);
      const before = log.level().level;
      const say = () => notice(changeNotice(wanted, untilMs, caller));
      const set = () => log.setLevel(wanted, untilMs);
      // At whichever of the two levels has it written.
      for (const step of (wanted ?? before) > before ? [set, say] : [say, set]) step();
      await audit(options, caller, { before, after: log.level().level, untilMs, nowMs });
      return { state: describe(log) };
    },
  };
}

function logOf({ log }: LogLevelsOptions): LogControl {
  if (log !== undefined) return log;
  throw new GatewayError({
    reason: ErrorReason.UNSUPPORTED,
    message: "this gateway writes no log: start it without --log none",
  });
}

function describe(log: LogControl): MessageInitShape<typeof LogLevelStateSchema> {
  const { level, configured, untilMs } = log.level();
  return {
    level,
    configuredLevel: configured,
    ...(untilMs !== undefined && { until: timestampFromMs(untilMs) }),
  };
}

function changeNotice(
  level: LogLevel | undefined,
  untilMs: number | undefined,
  { name }: AdminCaller,
) {
  const what = level === undefined ? "that of the configuration" : LogLevel[level];
  const until = untilMs === undefined ? "" : ` until ${new Date(untilMs).toISOString()}`;
  return {
    event: "log_level_set",
    message: `the level of the log is ${what}${until}, set by ${name}`,
    details: { by: name },
  };
}

interface LevelChange {
  readonly before: LogLevel;
  readonly after: LogLevel;
  readonly untilMs: number | undefined;
  readonly nowMs: number;
}

async function audit(
  { store, settings, notice }: LogLevelsOptions,
  caller: AdminCaller,
  { before, after, untilMs, nowMs }: LevelChange,
): Promise<void> {
  if (store === undefined || settings().store === undefined) return;
  const until = untilMs === undefined ? undefined : new Date(untilMs).toISOString();
  const row = auditOf(caller, {
    action: "log.set_level",
    kind: "log",
    id: "",
    before: JSON.stringify({ level: LogLevel[before] }),
    after: JSON.stringify({ level: LogLevel[after], until }),
    nowMs,
  });
  try {
    await store.request("audit.append", row);
  } catch {
    const message = `the database did not take the change of the log's level by ${caller.name}`;
    notice({ event: "audit_unwritten", level: "error", message });
  }
}
