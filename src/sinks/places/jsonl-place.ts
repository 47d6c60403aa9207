import { appendFile, mkdir } from "node:fs/promises";
import { join } from "node:path";
import type { JsonlSettings } from "../../config/settings.ts";
import type { LedgerRow } from "../../core/ledger/ledger-row.ts";
import type { Place } from "../sink.ts";
import { callJson } from "./call-json.ts";

/**
 * Files of a folder, by day. Each batch is one write to the end of a file, so that threads and
 * processes may write to the same: https://pubs.opengroup.org/onlinepubs/9799919799/functions/write.html
 */
export function jsonlPlace({ dir }: JsonlSettings): Place {
  return {
    async send(rows) {
      try {
        for (const [day, lines] of linesByDay(rows)) {
          const folder = join(dir, `day=${day}`);
          await mkdir(folder, { recursive: true, mode: 0o700 });
          await appendFile(join(folder, "calls.jsonl"), lines, { mode: 0o600 });
        }
        return undefined;
      } catch (error) {
        return { why: error instanceof Error ? error.message : String(error), again: true };
      }
    },
  };
}

/** By the day on which calls ended, in UTC, such as `2026-11-30`. */
function linesByDay(rows: readonly LedgerRow[]): ReadonlyMap<string, string> {
  const days = new Map<string, string>();
  for (const row of rows) {
    const day = new Date(row.endedMs).toISOString().slice(0, 10);
    days.set(day, `${days.get(day) ?? ""}${callJson(row)}\n`);
  }
  return days;
}
