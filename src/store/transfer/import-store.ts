import { type Kysely, sql } from "kysely";
import { isObject, type Json, numberAt, parseJson, stringAt } from "../../json/json.ts";
import type { Engine } from "../engine/engine.ts";
import type { Tables } from "../engine/tables.ts";
import { readSchema } from "../migrations/migrate.ts";
import type { Progress, TransferRow } from "./export-store.ts";
import { transferTables } from "./store-tables.ts";

/** Why a file cannot be imported: what is wrong at which line, and what to do. */
export class ImportError extends Error {
  constructor(message: string) {
    super(message);
    this.name = "ImportError";
  }
}

/** Rows of one transaction. */
const batchRows = 500;
/** The setting that says how far an import is. */
const progressName = "import progress";

/**
 * Imports the lines of an export into a store whose schema is the newest and which has nothing yet,
 * or a part of the same export: rows and how far it is are written in one transaction, so that one
 * that was broken off goes on where it was. Resolves with the number of rows. Rejects with
 * ImportError.
 */
export async function importStore(
  engine: Engine,
  lines: AsyncIterable<string>,
  nowMs: number,
  progress: Progress,
): Promise<number> {
  let header: ExportHeader | undefined;
  let batch: Line[] = [];
  let done = 0;
  let skip = 0;
  const writeBatch = async (): Promise<void> => {
    if (header === undefined || batch.length === 0) return;
    done += batch.length;
    await writeRows(engine, batch, { id: header.id, rows: done, nowMs });
    batch = [];
    progress(done, header.rows);
  };
  let at = 0;
  for await (const line of lines) {
    at += 1;
    if (header === undefined) {
      header = readHeader(line);
      skip = await rowsImported(engine, header);
      done = skip;
    } else if (at - 2 >= skip) batch.push(readLine(line, at));
    if (batch.length >= batchRows) await writeBatch();
  }
  if (header === undefined) throw new ImportError("the file is empty");
  await writeBatch();
  if (done !== header.rows)
    throw new ImportError(
      `the file ends after ${done} of ${header.rows} rows: it was cut, export again`,
    );
  return done;
}

interface ExportHeader {
  readonly id: string;
  readonly rows: number;
  readonly schema: number;
}

interface Line {
  readonly table: string;
  readonly row: TransferRow;
}

function readHeader(line: string): ExportHeader {
  const parsed = parseJson(line);
  const value = parsed.ok && isObject(parsed.value) ? parsed.value : {};
  const [id, rows, schema] = [
    stringAt(value, "id"),
    numberAt(value, "rows"),
    numberAt(value, "schema"),
  ];
  if (numberAt(value, "parlance_store") !== 1 || id === undefined || rows === undefined)
    throw new ImportError(
      "line 1: this is no export of a store: make one by parlance store export",
    );
  return { id, rows, schema: schema ?? 0 };
}

function readLine(text: string, at: number): Line {
  const parsed = parseJson(text);
  const [table, row] = parsed.ok && Array.isArray(parsed.value) ? parsed.value : [];
  if (typeof table !== "string" || !isObject(row))
    throw new ImportError(`line ${at}: is no row: the file was changed, export again`);
  if (!transferTables.some(({ name }) => name === table))
    throw new ImportError(`line ${at}: there is no table ${JSON.stringify(table).slice(0, 80)}`);
  const columns = Object.entries(row).map(([name, value]) => [name, columnOf(value)] as const);
  return { table, row: Object.fromEntries(columns) };
}

function columnOf(value: Json | undefined): unknown {
  if (!isObject(value)) return value ?? null;
  const text = stringAt(value, "i");
  return text !== undefined && /^-?\d{1,19}$/.test(text) ? BigInt(text) : null;
}

/** How many rows of the export there are already; refuses a store that has anything else. */
async function rowsImported(engine: Engine, { id, schema }: ExportHeader): Promise<number> {
  const { version } = await readSchema(engine);
  if (version !== schema)
    throw new ImportError(
      `the export has schema ${schema} and the store ${version}: export and import with the same version`,
    );
  const found = await engine.db
    .selectFrom("settings")
    .select("value_json")
    .where("name", "=", progressName)
    .executeTakeFirst();
  const parsed = parseJson(found?.value_json ?? "{}");
  const known = parsed.ok && isObject(parsed.value) ? parsed.value : {};
  if (stringAt(known, "id") === id) return numberAt(known, "rows") ?? 0;
  for (const { name } of transferTables) {
    const { rows } = await sql`select 1 from ${sql.table(name)} limit 1`.execute(engine.db);
    if (rows.length > 0)
      throw new ImportError(
        `the store has rows in ${name} already: import into an empty one, or go on with the file that was begun`,
      );
  }
  return 0;
}

async function writeRows(
  { db, maxRows }: Engine,
  batch: readonly Line[],
  { id, rows, nowMs }: { readonly id: string; readonly rows: number; readonly nowMs: number },
): Promise<void> {
  await db.transaction().execute(async (transaction) => {
    for (const group of groupsOf(batch)) {
      const columns = Object.keys(group[0]?.row ?? {});
      const size = maxRows(columns.length);
      for (let at = 0; at < group.length; at += size)
        await insert(transaction, group.slice(at, at + size), columns);
    }
    const value_json = JSON.stringify({ id, rows });
    await transaction
      .insertInto("settings")
      .values({ name: progressName, value_json, updated_ms: BigInt(nowMs) })
      .onConflict((conflict) => conflict.column("name").doUpdateSet({ value_json }))
      .execute();
  });
}

/** Rows of one table that follow each other. */
function groupsOf(batch: readonly Line[]): readonly (readonly Line[])[] {
  const groups: Line[][] = [];
  for (const line of batch) {
    const last = groups.at(-1);
    if (last?.[0]?.table === line.table) last.push(line);
    else groups.push([line]);
  }
  return groups;
}

/** A row that is there already is one of the gateway that began to use the store meanwhile. */
async function insert(
  db: Kysely<Tables>,
  lines: readonly Line[],
  columns: readonly string[],
): Promise<void> {
  const [first] = lines;
  if (first === undefined) return;
  const rows = lines.map(({ row }) => sql`(${sql.join(columns.map((name) => row[name] ?? null))})`);
  const names = sql.join(columns.map((name) => sql.ref(name)));
  await sql`insert into ${sql.table(first.table)} (${names}) values ${sql.join(rows)}
    on conflict do nothing`.execute(db);
}
