import type { Log, LogLevel } from "../../gen/parlance/config/v1/log_pb.js";

/** The log, as what decides how it is written sees it. */
export interface LogControl {
  /** Has it follow the settings of a configuration. A level that is set goes before them. */
  configure(log: Omit<Log, "$typeName" | "$unknown">): void;
  /** The level in force. */
  level(): LevelInForce;
  /**
   * Sets the level of all threads, until a time in milliseconds since 1970, or for good; undefined:
   * that of the configuration.
   */
  setLevel(level: LogLevel | undefined, untilMs?: number): void;
}

/** The level of the log. */
export interface LevelInForce {
  readonly level: LogLevel;
  /** That of the configuration. */
  readonly configured: LogLevel;
  /** When that holds again, in milliseconds since 1970. Absent: it does, or not by itself. */
  readonly untilMs?: number;
}
