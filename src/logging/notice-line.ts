import type { Notice } from "../core/notice.ts";
import type { LogFormat } from "./call-line.ts";
import { clean } from "./clean.ts";

/** Makes the log line of a notice. `nowMs` is its time, in milliseconds since 1970. */
export function printNotice(format: LogFormat, notice: Notice, nowMs: number): string {
  const { event, message, details = {} } = notice;
  const time = new Date(nowMs).toISOString();
  if (format === "json") return JSON.stringify({ time, event, message, ...details });
  return `${time.slice(11, 23)} ${event} ${clean(message)}`;
}
