import { randomBytes } from "node:crypto";
import type { StoredConfig } from "../../core/stored/config-object.ts";
import { isObject, type Json, type JsonObject, parseJson } from "../../json/json.ts";
import { type DirectoryKind, type DirectoryRow, directoryRow } from "../directory/directory-row.ts";
import { type DirectoryState, openDirectory, pageDirectory } from "../directory/read-directory.ts";
import type { Engine } from "../engine/engine.ts";
import { readStoredConfig } from "../objects/read-objects.ts";
import { readSealed, writeSealed } from "./sealed-file.ts";

/** What a gateway reads of a store when it starts, as the store had it at a time. */
export interface DirectorySnapshot {
  /** In milliseconds since 1970. */
  readonly takenMs: number;
  readonly state: DirectoryState;
  readonly config: StoredConfig;
  readonly rows: ReadonlyMap<DirectoryKind, readonly DirectoryRow[]>;
}

/** A snapshot, or why there is none that could be used. */
export type ReadSnapshot =
  | { readonly ok: true; readonly snapshot: DirectorySnapshot }
  | { readonly ok: false; readonly why: string };

/** Another shape of the file has another number. */
const format = 1;
const kinds = ["organization", "team", "user", "member", "budget", "end_user", "key"] as const;
const pageRows = 1_000;

/** Writes what the store has now. Rejects where the database or the disk does not take part. */
export async function writeSnapshot(
  engine: Engine,
  options: { readonly path: string; readonly store: string; readonly nowMs: number },
): Promise<void> {
  const { path, store, nowMs } = options;
  // What changes while rows are read has a later number, and is read again by that.
  const state = await openDirectory(engine, {
    newSecret: randomBytes(32).toString("hex"),
    nowMs,
  });
  const { changed: _, ...config } = await readStoredConfig(engine, { after: -1 });
  const sequence = Math.min(state.sequence, config.sequence);
  const head = { format, store, taken_ms: nowMs, state: { ...state, sequence } };
  await writeSealed(path, linesOf(engine, { ...head, config: { ...config, sequence } }));
}

async function* linesOf(engine: Engine, head: object): AsyncIterable<string> {
  yield JSON.stringify(head);
  for (const kind of kinds)
    for (let after = ""; ; ) {
      const page = await pageDirectory(engine, { kind, after, limit: pageRows });
      if (page.length > 0) yield page.map(printRow).join("\n");
      const last = page.at(-1);
      if (kind === "member" || page.length < pageRows || last === undefined) break;
      after = last.id;
    }
}

/** Without what is "" or 0, which most fields are. */
function printRow(row: DirectoryRow): string {
  return JSON.stringify(row, (_, value: unknown) =>
    value === "" || value === 0 || value === false ? undefined : value,
  );
}

/** Reads the snapshot of a store. Never rejects. */
export async function readSnapshot(path: string, store: string): Promise<ReadSnapshot> {
  const file = await readSealed(path);
  if (!file.ok) return file;
  const [first = "", ...rest] = file.lines;
  const head = objectOf(first);
  if (head.format !== format) return { ok: false, why: `${path} is of another version` };
  if (head.store !== store) return { ok: false, why: `${path} is of another database` };
  const rows = new Map<DirectoryKind, DirectoryRow[]>(kinds.map((kind) => [kind, []]));
  for (const line of rest) {
    const row = directoryRow(written<DirectoryRow>(objectOf(line)));
    rows.get(row.kind)?.push(row);
  }
  return {
    ok: true,
    snapshot: {
      takenMs: Number(head.taken_ms),
      state: written<DirectoryState>(head.state),
      config: written<StoredConfig>(head.config),
      rows,
    },
  };
}

function objectOf(line: string): JsonObject {
  const parsed = parseJson(line);
  return parsed.ok && isObject(parsed.value) ? parsed.value : {};
}

/** The digest of the file says that this program wrote it, from a value of this type. */
function written<T>(value: Json | undefined): T {
  return value as T;
}
