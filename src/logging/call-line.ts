import type { CallRecord } from "../core/ledger/call-record.ts";
import { type WantedFields, wantedFields } from "./call-fields.ts";
import { printCallJson } from "./call-json.ts";
import { printCallWords } from "./call-words.ts";

/** How the log is written. */
export type LogFormat = "json" | "pretty";

/**
 * Makes the one log line of a call. `nowMs` is when it ended, in milliseconds since 1970;
 * `detailed`: with all attempts, default false.
 */
export type CallPrinter = (record: CallRecord, nowMs: number, detailed?: boolean) => string;

/**
 * The printer of a format, with the members of these names, or the usual ones where there are none.
 * Neither format prints content.
 */
export function callPrinter(format: LogFormat, names: readonly string[] = []): CallPrinter {
  const wanted = wantedFields(names);
  if (format === "json") return jsonPrinter(wanted);
  return (record, nowMs, detailed = false) =>
    printCallWords(record, wanted, { time: new Date(nowMs).toISOString(), detailed });
}

function jsonPrinter(wanted: WantedFields): CallPrinter {
  const time = isoPrinter();
  return (record, nowMs, detailed = false) =>
    printCallJson(record, wanted, { time: time(nowMs), detailed });
}

/**
 * Prints times as ISO 8601 has them. All but the milliseconds is kept from one to the next, for
 * most are of one second.
 */
function isoPrinter(): (timeMs: number) => string {
  let knownSecond = Number.NaN;
  let head = "";
  return (timeMs) => {
    const second = Math.floor(timeMs / 1000);
    if (second !== knownSecond) {
      knownSecond = second;
      head = new Date(second * 1000).toISOString().slice(0, -4);
    }
    return `${head}${String(Math.trunc(timeMs - second * 1000)).padStart(3, "0")}Z`;
  };
}
