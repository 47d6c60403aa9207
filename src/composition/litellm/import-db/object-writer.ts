import { type DirectoryRow, tableOf } from "../../../store/directory/directory-row.ts";
import { writeDirectory } from "../../../store/directory/write-directory.ts";
import type { Engine } from "../../../store/engine/engine.ts";
import { timeOrderedId } from "../../time-ordered-id.ts";
import type { ImportNotes } from "./import-notes.ts";

/** What objects are written with. */
export interface WriterOptions {
  /** Absent: nothing is written, all is counted as if it were. */
  readonly engine: Engine | undefined;
  readonly notes: ImportNotes;
  readonly nowMs: number;
}

const batchRows = 200;
/** How many names are tried for an object whose own another one has. */
const maxNames = 1_000;

/** Writes objects that are not there yet; what is there stays as it is. */
export class ObjectWriter {
  readonly #options: WriterOptions;
  #waiting: DirectoryRow[] = [];

  constructor(options: WriterOptions) {
    this.#options = options;
  }

  /** Writes a row with others of its kind; call `flush` before one of another kind. */
  async write(row: DirectoryRow): Promise<void> {
    this.#waiting.push(row);
    if (this.#waiting.length >= batchRows) await this.flush();
  }

  /** Writes what waits. */
  async flush(): Promise<void> {
    const rows = this.#waiting;
    this.#waiting = [];
    const [first] = rows;
    if (first === undefined) return;
    const { engine, notes } = this.#options;
    const known = engine === undefined ? new Set<string>() : await knownOf(engine, rows);
    const fresh = rows.filter(({ id }) => !known.has(id));
    const kind = first.kind.replace("_", " ");
    notes.count(kind, "known", rows.length - fresh.length);
    notes.count(kind, "imported", fresh.length);
    if (engine === undefined || fresh.length === 0) return;
    if (first.kind === "team" || first.kind === "organization")
      for (const row of fresh) await this.#writeNamed(engine, row);
    else await this.#writeAll(engine, fresh);
  }

  /** Names are unique here and not in LiteLLM. */
  async #writeNamed(engine: Engine, row: DirectoryRow): Promise<void> {
    for (let at = 1; at <= maxNames; at += 1) {
      const name = at === 1 ? row.name : `${row.name.slice(0, 120)} (${at})`;
      if (!(await this.#tryAll(engine, [{ ...row, name }]))) continue;
      if (at > 1)
        this.#options.notes.add(
          {
            kind: row.kind,
            member: "alias",
            outcome: "changed",
            message: "another one has the name: a number follows it",
          },
          row.id,
        );
      return;
    }
    throw new Error(`no name is free for the ${row.kind} ${row.id}`);
  }

  async #writeAll(engine: Engine, rows: readonly DirectoryRow[]): Promise<void> {
    if (!(await this.#tryAll(engine, rows)))
      throw new Error("somebody else writes to the store meanwhile: run the import again");
  }

  async #tryAll(engine: Engine, rows: readonly DirectoryRow[]): Promise<boolean> {
    const { nowMs } = this.#options;
    const audit = rows.map((row) => ({
      id: timeOrderedId(nowMs),
      at_ms: BigInt(nowMs),
      actor_id: "",
      actor_name: "import litellm-db",
      address: "",
      request_id: "",
      action: `${row.kind}.import`,
      object_kind: row.kind,
      object_id: row.id,
      organization_id: row.kind === "organization" ? row.id : row.organizationId,
      team_id: row.kind === "team" ? row.id : row.teamId,
      before_json: "",
      after_json: JSON.stringify({ id: row.id, name: row.name }),
    }));
    const writes = rows.map((row) => ({ row, how: "create" as const }));
    return (await writeDirectory(engine, { writes, audit })).ok;
  }
}

/** The ids of those that are there, by their id, or of keys by their value. */
async function knownOf(
  { db }: Engine,
  rows: readonly DirectoryRow[],
): Promise<ReadonlySet<string>> {
  const kind = rows[0]?.kind ?? "key";
  const ids = rows.map(({ id }) => id);
  if (kind === "member") {
    const users = [...new Set(rows.map(({ userId }) => userId))];
    const found = await db
      .selectFrom("memberships")
      .select(["user_id", "organization_id", "team_id"])
      .where("user_id", "in", users)
      .execute();
    return new Set(found.map((one) => [one.user_id, one.organization_id, one.team_id].join("\n")));
  }
  const found = await db.selectFrom(tableOf[kind]).select("id").where("id", "in", ids).execute();
  const known = new Set(found.map(({ id }) => id));
  if (kind !== "key") return known;
  const hashes = new Map(rows.map(({ hash, id }) => [hash, id]));
  const same = await db
    .selectFrom("keys")
    .select("hash")
    .where("hash", "in", [...hashes.keys()])
    .execute();
  for (const { hash } of same) known.add(hashes.get(hash) ?? "");
  return known;
}
