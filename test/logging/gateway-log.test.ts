import { create } from "@bufbuild/protobuf";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { LogFormat, LogLevel, LogSchema } from "../../gen/parlance/config/v1/log_pb.js";
import { ErrorReason } from "../../gen/parlance/error/v1/error_reason_pb.js";
import type { CallRecord } from "../../src/core/ledger/call-record.ts";
import { createGatewayLog, type LogFormats } from "../../src/logging/gateway-log.ts";
import { recordRefusal } from "../../src/policies/trace.ts";

const nowMs = Date.UTC(2026, 0, 2, 3, 4, 5, 6);
beforeEach(() => void vi.useFakeTimers({ now: nowMs, toFake: ["Date"] }));
afterEach(() => void vi.useRealTimers());

const fault = (reason: ErrorReason) => ({ reason, message: "no" });
const calls: Readonly<Record<string, CallRecord>> = Object.fromEntries(
  [
    { operation: "failed", fault: fault(ErrorReason.UPSTREAM_OVERLOADED) },
    { operation: "refused", fault: fault(ErrorReason.UNAUTHENTICATED) },
    { operation: "left", fault: fault(ErrorReason.UPSTREAM_OVERLOADED) },
    { operation: "whole", fault: fault(ErrorReason.UPSTREAM_OVERLOADED) },
  ].map((refusal) => [refusal.operation, recordRefusal(refusal, "call-1")]),
);
const records = Object.values(calls).map((record) => ({
  ...record,
  callerGone: record.operation === "left",
  fault: record.operation === "whole" ? undefined : record.fault,
}));
const notices = (["error", undefined, "info"] as const).map((level) => ({
  event: `notice_${level ?? "usual"}`,
  message: "said",
  ...(level && { level }),
}));

function logWith(formats: LogFormats = { usual: "json" }, cell = cellOf()) {
  let text = "";
  const log = createGatewayLog({
    async write(more) {
      text += more;
      return { bytes: Buffer.byteLength(more) };
    },
    formats,
    setting: cell,
  });
  /** What is written of one of each. */
  const written = async (): Promise<readonly string[]> => {
    text = "";
    for (const record of records) log.record(record);
    for (const notice of notices) log.notice(notice);
    await log.flush();
    return text.split("\n").filter((line) => line !== "");
  };
  const names = async () =>
    (await written()).map((line) => {
      const { event, operation } = JSON.parse(line);
      return operation ?? event;
    });
  return { log, written, names };
}

function cellOf() {
  let held = 0;
  return {
    get: () => held,
    set: (value: number) => {
      held = value;
    },
  };
}

const of = (level: LogLevel, more: object = {}) => create(LogSchema, { level, ...more });

const byLevel = {
  OFF: [],
  ERROR: ["failed", "notice_error"],
  WARN: ["failed", "refused", "notice_error", "notice_usual"],
  INFO: [...records.map(({ operation }) => operation), ...notices.map(({ event }) => event)],
} as const;

describe("the log", () => {
  it("has the lines of its level, which the config says and operators change", async () => {
    const { log, names } = logWith();
    expect(await names()).toEqual(byLevel.INFO);
    for (const level of ["OFF", "ERROR", "WARN", "INFO"] as const) {
      log.configure(of(LogLevel[level]));
      expect([level, await names()]).toEqual([level, byLevel[level]]);
      log.configure(of(LogLevel.INFO));
      log.setLevel(LogLevel[level]);
      expect([level, await names()]).toEqual([level, byLevel[level]]);
      log.setLevel(undefined);
    }
    expect(await names()).toEqual(byLevel.INFO);
  });

  it("goes back to the level of the config when the time is over", async () => {
    const { log, names } = logWith();
    log.configure(of(LogLevel.WARN));
    log.setLevel(LogLevel.ERROR, nowMs + 60_000);
    const set = { level: LogLevel.ERROR, configured: LogLevel.WARN, untilMs: nowMs + 60_000 };
    expect(log.level()).toEqual(set);
    vi.setSystemTime(nowMs + 59_999);
    expect(await names()).toEqual(byLevel.ERROR);
    vi.setSystemTime(nowMs + 60_000);
    expect(await names()).toEqual(byLevel.WARN);
    expect(log.level()).toEqual({ level: LogLevel.WARN, configured: LogLevel.WARN });
  });

  it("has the level that was set in another thread", async () => {
    const cell = cellOf();
    const [one, other] = [logWith({ usual: "json" }, cell), logWith({ usual: "json" }, cell)];
    one.log.setLevel(LogLevel.ERROR);
    expect(await other.names()).toEqual(byLevel.ERROR);
  });

  const formats: readonly [title: string, LogFormats, LogFormat, isJson: boolean][] = [
    ["the command line", { fixed: "pretty", usual: "json" }, LogFormat.JSON, false],
    ["the config", { usual: "json" }, LogFormat.PRETTY, false],
    ["the config, on a terminal", { usual: "pretty" }, LogFormat.JSON, true],
    ["where it is written to", { usual: "json" }, LogFormat.UNSPECIFIED, true],
  ];
  for (const [title, fixed, format, isJson] of formats)
    it(`has the format that is decided by ${title}`, async () => {
      const { log, written } = logWith(fixed);
      log.configure(of(LogLevel.INFO, { format }));
      for (const line of await written())
        expect([line, line.startsWith("{")]).toEqual([line, isJson]);
    });

  it("says how serious notices are, to programs and to people", async () => {
    const { log, written } = logWith();
    expect(JSON.parse((await written()).at(-3) ?? "")).toEqual({
      time: "2026-01-02T03:04:05.006Z",
      level: "error",
      event: "notice_error",
      message: "said",
    });
    log.configure(of(LogLevel.INFO, { format: LogFormat.PRETTY, fields: ["status"] }));
    expect(await written()).toEqual([
      ...["503", "401", "499", "200"].map((status) => expect.stringMatching(`^${status}$`)),
      "03:04:05.006 error notice_error said",
      "03:04:05.006 warn notice_usual said",
      "03:04:05.006 info notice_info said",
    ]);
  });
});
