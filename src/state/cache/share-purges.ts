import type { PurgeFilter } from "../../core/cache/entry-store.ts";
import { isObject, type Json, parseJson } from "../../json/json.ts";
import type { ShareEntries } from "../shared-entries.ts";
import type { PurgeMarks } from "./purge-marks.ts";

/** Says purges to the gateways that share a Redis. */
export interface SharedPurges {
  /** `atMs`: when it was made, in milliseconds since 1970. */
  send(filter: PurgeFilter, atMs: number): void;
  close(): void;
}

/** How long a purge is remembered, in milliseconds: 30 days, as answers are kept in Redis. */
const lifetimeMs = 2_592_000_000;

/** Begins to listen to purges of others, which are marked here. */
export function sharePurges(share: ShareEntries, marks: PurgeMarks): SharedPurges {
  const entries = share("purges", {
    onEntry({ text }) {
      const parsed = parseJson(text);
      const purge = parsed.ok && isObject(parsed.value) ? parsed.value : {};
      const { filter, at_ms: atMs } = purge;
      if (typeof atMs === "number" && isObject(filter)) marks.add(readFilter(filter), atMs);
    },
    isKept: ({ ageMs }) => ageMs < lifetimeMs,
  });
  return {
    send(filter, atMs) {
      const { model, principal, team, entry } = filter;
      const name = JSON.stringify([model, principal, team, entry]);
      entries.write(name, JSON.stringify({ filter, at_ms: atMs }));
    },
    close: () => entries.close(),
  };
}

function readFilter(filter: Readonly<Record<string, Json | undefined>>): PurgeFilter {
  const read = (name: keyof PurgeFilter) => {
    const value = filter[name];
    return typeof value === "string" ? { [name]: value } : {};
  };
  return { ...read("model"), ...read("principal"), ...read("team"), ...read("entry") };
}
