import { sql } from "kysely";
import type { Engine } from "../engine/engine.ts";

/** Whether a database can keep questions by their vectors, or what has to be done for that. */
export type QuestionTable = { readonly ok: true } | { readonly ok: false; readonly fix: string };

/**
 * Makes the table of questions where it is missing. It is no step of the schema: a store without
 * the extension `vector` is one like any other, and calls make again what the table holds.
 * Vectors have the length that their model gives them, so that the column has none.
 */
export async function openQuestions(engine: Engine, _: object): Promise<QuestionTable> {
  if (engine.kind !== "postgres")
    return { ok: false, fix: "vectors are kept in PostgreSQL: name it in store.postgres" };
  return engine.db.transaction().execute(async (transaction) => {
    await engine.lock(transaction, "parlance questions");
    const { rows } = await sql<{ readonly installed: string | null }>`
      select installed_version as installed from pg_available_extensions where name = 'vector'
    `.execute(transaction);
    const [extension] = rows;
    if (extension === undefined) return { ok: false, fix: missing };
    if (extension.installed === null && !(await install(transaction)))
      return { ok: false, fix: forbidden };
    await sql`
      create table if not exists semantic_questions (
        context text not null,
        key text not null,
        model text not null,
        principal text not null,
        team text not null,
        dimensions bigint not null,
        embedding vector not null,
        noted_ms bigint not null,
        expires_ms bigint not null,
        primary key (context, key)
      )
    `.execute(transaction);
    for (const column of ["noted_ms", "expires_ms"])
      await sql`
        create index if not exists ${sql.id(`semantic_questions_by_${column}`)}
        on semantic_questions (${sql.id(column)})
      `.execute(transaction);
    return { ok: true };
  });
}

/** A database that cannot keep questions by their vectors; the message says what has to be done. */
export class NoQuestionsError extends Error {
  override readonly name = "NoQuestionsError";
}

/** Makes the table of questions; rejects with NoQuestionsError where it cannot be had. */
export async function requireQuestions(engine: Engine): Promise<void> {
  const opened = await openQuestions(engine, {});
  if (!opened.ok) throw new NoQuestionsError(opened.fix);
}

const missing =
  "the server of store.postgres has no extension vector: install pgvector there " +
  "(Debian: postgresql-15-pgvector), or leave out semantic_cache.index";
const forbidden =
  "the database of store.postgres lacks the extension vector, which its user may not make: " +
  "have an administrator run CREATE EXTENSION vector in it";

/** False where the user may not. */
async function install(db: Engine["db"]): Promise<boolean> {
  await sql`savepoint before_vector`.execute(db);
  try {
    await sql`create extension vector`.execute(db);
    return true;
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "42501")) throw error;
    await sql`rollback to savepoint before_vector`.execute(db);
    return false;
  }
}
