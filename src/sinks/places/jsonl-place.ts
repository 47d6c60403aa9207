import { appendFile, mkdir } from "node:fs/promises";
import { join } from "node:path";
import type { JsonlSettings } from "../../config/settings.ts";
import { rowsByDay } from "../files/by-day.ts";
import type { Place } from "../sink.ts";
import { callJson } from "./call-json.ts";

/**
 * Files of a folder, by day. Each batch is one write to the end of a file, so that threads and
 * processes may write to the same:
 * https://pubs.opengroup.org/onlinepubs/9799919799/functions/write.html
 */
export function jsonlPlace({ dir }: JsonlSettings): Place {
  // Made before; where somebody has deleted it the next batch makes it again.
  let known = "";
  return {
    async send(rows) {
      try {
        for (const [day, some] of rowsByDay(rows)) {
          const folder = join(dir, day);
          const lines = some.map((row) => `${callJson(row)}\n`).join("");
          if (folder !== known) await mkdir(folder, { recursive: true, mode: 0o700 });
          known = folder;
          await appendFile(join(folder, "calls.jsonl"), lines, { mode: 0o600 });
        }
        return undefined;
      } catch (error) {
        known = "";
        return { why: error instanceof Error ? error.message : String(error), again: true };
      }
    },
  };
}
