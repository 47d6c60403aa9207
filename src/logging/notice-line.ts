import { LogLevel } from "../../gen/parlance/config/v1/log_pb.js";
import type { Notice } from "../core/notice.ts";
import type { LogFormat } from "./call-line.ts";
import { clean } from "./clean.ts";
import { printLevel } from "./record-facts.ts";

/** How serious a notice is. */
export function levelOfNotice({ level = "warn" }: Notice): LogLevel {
  return levels[level];
}

const levels = { error: LogLevel.ERROR, warn: LogLevel.WARN, info: LogLevel.INFO } as const;

/** Makes the log line of a notice. `nowMs` is its time, in milliseconds since 1970. */
export function printNotice(format: LogFormat, notice: Notice, nowMs: number): string {
  const { event, message, details = {} } = notice;
  const time = new Date(nowMs).toISOString();
  const level = printLevel(levelOfNotice(notice));
  if (format === "json") return JSON.stringify({ time, level, event, message, ...details });
  return `${time.slice(11, 23)} ${level} ${event} ${clean(message)}`;
}
