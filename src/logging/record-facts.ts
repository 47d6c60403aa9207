import { LogLevel } from "../../gen/parlance/config/v1/log_pb.js";
import { httpStatus } from "../core/faults/gateway-error.ts";
import type { CallRecord } from "../core/ledger/call-record.ts";

/** What a caller that left before the end is counted as; nobody ever receives it. */
const callerGoneStatus = 499;

/** The HTTP status that a call was answered with. */
export function replyStatus({ fault, callerGone }: CallRecord): number {
  if (callerGone) return callerGoneStatus;
  return fault === undefined ? 200 : httpStatus(fault);
}

/** The target of the last attempt; undefined: there was none. */
export function lastTarget({ attempts }: CallRecord): string | undefined {
  const target = attempts.at(-1)?.target;
  return target === undefined ? undefined : `${target.provider}/${target.model}`;
}

/**
 * How serious a call is: ERROR where the gateway or the vendors failed, WARN where the caller is
 * refused, INFO where it succeeded or the caller left.
 */
export function levelOfCall(record: CallRecord): LogLevel {
  if (record.fault === undefined || record.callerGone) return LogLevel.INFO;
  return replyStatus(record) >= 500 ? LogLevel.ERROR : LogLevel.WARN;
}

/** A level as lines have it, such as `info`. */
export function printLevel(level: LogLevel): string {
  return levelNames[level];
}

const levelNames: Readonly<Record<LogLevel, string>> = {
  [LogLevel.UNSPECIFIED]: "",
  [LogLevel.OFF]: "off",
  [LogLevel.ERROR]: "error",
  [LogLevel.WARN]: "warn",
  [LogLevel.INFO]: "info",
  [LogLevel.DEBUG]: "debug",
};
