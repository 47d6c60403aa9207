import { LogFormat as FormatSetting, LogLevel } from "../../gen/parlance/config/v1/log_pb.js";
import type { CallRecord } from "../core/ledger/call-record.ts";
import type { LevelInForce, LogControl } from "../core/log-control.ts";
import type { Notice } from "../core/notice.ts";
import { callPrinter, type LogFormat } from "./call-line.ts";
import { createLogWriter, type LogWriterOptions } from "./log-writer.ts";
import { levelOfNotice, printNotice } from "./notice-line.ts";
import { levelOfCall } from "./record-facts.ts";

/** What the log of a thread is made of. */
export interface GatewayLogOptions extends Pick<LogWriterOptions, "write"> {
  readonly formats: LogFormats;
  /** Holds the level that is set for all threads; zero: none is. */
  readonly setting: NumberCell;
}

/** What decides the format of the log, beside the config. */
export interface LogFormats {
  /** Goes before the config. Absent: the config decides. */
  readonly fixed?: LogFormat | undefined;
  /** Where nothing is said. */
  readonly usual: LogFormat;
}

/** A number. */
export interface NumberCell {
  get(): number;
  set(value: number): void;
}

/** The log of a thread. */
export interface GatewayLog extends LogControl {
  /** Takes the record of a call that has ended. */
  record(record: CallRecord): void;
  notice(notice: Notice): void;
  /** Takes a line that another thread has made, without its line end. */
  line(text: string): void;
  /** Resolves when all that was taken is written, or cannot be. */
  flush(): Promise<void>;
}

/** Makes the log of a thread. Until it is configured it writes as the defaults say. */
export function createGatewayLog({ write, formats, setting }: GatewayLogOptions): GatewayLog {
  let format = formats.fixed ?? formats.usual;
  let configured: LogLevel = LogLevel.INFO;
  let print = callPrinter(format);
  const writer = createLogWriter({
    write,
    printDropped: (count) =>
      format === "json" ? JSON.stringify({ dropped: count }) : `dropped ${count}`,
  });
  const levelAt = (nowMs: number): LogLevel => {
    const value = setting.get();
    if (value === 0) return configured;
    const { level, untilMs } = parseSetting(value);
    return untilMs === 0 || nowMs < untilMs ? level : configured;
  };
  return {
    configure(log) {
      configured = log.level === LogLevel.UNSPECIFIED ? LogLevel.INFO : log.level;
      format = formats.fixed ?? formatOf(log.format) ?? formats.usual;
      print = callPrinter(format, log.fields);
    },
    level(): LevelInForce {
      const nowMs = Date.now();
      const { untilMs } = parseSetting(setting.get());
      const ends = untilMs > nowMs ? { untilMs } : {};
      return { level: levelAt(nowMs), configured, ...ends };
    },
    setLevel(level, untilMs = 0) {
      setting.set(level === undefined ? 0 : printSetting(level, untilMs));
    },
    record(record) {
      const endedMs = Date.now();
      const level = levelAt(endedMs);
      if (levelOfCall(record) > level) return;
      const printer = print;
      writer.push(() => printer(record, endedMs, level === LogLevel.DEBUG));
    },
    notice(notice) {
      const nowMs = Date.now();
      if (levelOfNotice(notice) > levelAt(nowMs)) return;
      const ownFormat = format;
      writer.push(() => printNotice(ownFormat, notice, nowMs));
    },
    line: (text) => writer.push(() => text),
    flush: writer.flush,
  };
}

function formatOf(format: FormatSetting): LogFormat | undefined {
  switch (format) {
    case FormatSetting.JSON:
      return "json";
    case FormatSetting.PRETTY:
      return "pretty";
    case FormatSetting.UNSPECIFIED:
      return undefined;
  }
}

/** One number holds both, so that no thread sees the level of one setting with the end of another. */
const levels = 8;

function printSetting(level: LogLevel, untilMs: number): number {
  return Math.round(untilMs) * levels + level;
}

function parseSetting(value: number): { readonly level: LogLevel; readonly untilMs: number } {
  return { level: value % levels, untilMs: Math.floor(value / levels) };
}
