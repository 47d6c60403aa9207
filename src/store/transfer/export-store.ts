import { type Kysely, sql } from "kysely";
import type { Engine } from "../engine/engine.ts";
import type { Tables } from "../engine/tables.ts";
import { readSchema } from "../migrations/migrate.ts";
import { type TransferTable, transferTables } from "./store-tables.ts";

/** A row with its columns by name. */
export type TransferRow = Readonly<Record<string, unknown>>;

/** How far a transfer is. */
export type Progress = (done: number, total: number) => void;

/** Rows that are read at once. */
const pageRows = 1_000;

/**
 * Gives a store as lines of JSON, each with its end: one that says what it is, then one for each
 * row. All are of the same moment. `id` is new for each export: an import that was broken off knows
 * by it where to go on.
 */
export async function exportStore(
  engine: Engine,
  id: string,
  write: (lines: string) => Promise<void>,
  progress: Progress,
): Promise<void> {
  const { version, known, pending } = await readSchema(engine);
  if (version !== known || pending.length > 0)
    throw new Error("the store has another schema than this version: run parlance store migrate");
  await engine.db
    .transaction()
    .setIsolationLevel("repeatable read")
    .execute(async (db) => {
      const total = await countRows(db);
      let done = 0;
      await write(`${JSON.stringify({ parlance_store: 1, id, schema: version, rows: total })}\n`);
      for (const table of transferTables)
        for await (const rows of pagesOf(db, table)) {
          await write(rows.map((row) => printRow(table, row)).join(""));
          done += rows.length;
          progress(done, total);
        }
    });
}

async function countRows(db: Kysely<Tables>): Promise<number> {
  let total = 0;
  for (const { name } of transferTables) {
    const { rows } = await sql<{
      count: bigint;
    }>`select count(*) as count from ${sql.table(name)}`.execute(db);
    total += Number(rows[0]?.count ?? 0n);
  }
  return total;
}

/** The rows of a table in the order of its key, each page after the last row of the one before. */
async function* pagesOf(
  db: Kysely<Tables>,
  { name, key }: TransferTable,
): AsyncGenerator<readonly TransferRow[]> {
  const columns = sql.join(key.map((column) => sql.ref(column)));
  let last: TransferRow | undefined;
  for (;;) {
    const after: readonly unknown[] = key.map((column) => last?.[column]);
    const where = last === undefined ? sql`` : sql`where (${columns}) > (${sql.join(after)})`;
    const { rows } = await sql<TransferRow>`
      select * from ${sql.table(name)} ${where} order by ${columns} limit ${BigInt(pageRows)}
    `.execute(db);
    if (rows.length > 0) yield rows;
    last = rows.at(-1);
    if (rows.length < pageRows) return;
  }
}

function printRow({ name }: TransferTable, row: TransferRow): string {
  return `${JSON.stringify([name, row], integersApart)}\n`;
}

/** Integers have 64 bits: they are written as `{"i":"1"}`, unlike texts. */
function integersApart(_: string, value: unknown): unknown {
  return typeof value === "bigint" ? { i: String(value) } : value;
}
