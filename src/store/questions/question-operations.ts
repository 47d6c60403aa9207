import { sql } from "kysely";
import type { PurgeFilter } from "../../core/cache/entry-store.ts";
import type { Engine } from "../engine/engine.ts";
import { openQuestions } from "./question-table.ts";

/** What may be requested of the questions of a store, by name. */
export const questionOperations = {
  "questions.add": addQuestion,
  "questions.forget": forgetQuestion,
  "questions.near": nearQuestions,
  "questions.open": openQuestions,
  "questions.purge": purgeQuestions,
  "questions.trim": trimQuestions,
} as const;

/** A question with the key of its answer. */
export interface StoredQuestion {
  /** Digest of all else of its call, with who may share the answer. */
  readonly context: string;
  readonly key: string;
  /** Of length 1. */
  readonly vector: Float32Array;
  /** Of the context so many of the newest are kept. */
  readonly max: number;
  /** Whose answer it is, for purges. */
  readonly model: string;
  readonly principal: string;
  readonly team: string;
  /** In milliseconds since 1970. */
  readonly notedMs: number;
  readonly expiresMs: number;
}

/** What is looked for. */
export interface NearSearch {
  readonly context: string;
  /** Of length 1. */
  readonly vector: Float32Array;
  readonly nowMs: number;
  /** As many are wanted at most. */
  readonly limit: number;
}

/** A question that was found; the nearest is the first. */
export interface FoundQuestion {
  readonly key: string;
  /** The cosine of the angle between the two. */
  readonly similarity: number;
}

/**
 * The nearest questions of a context, by comparing all of them: a context has 10,000 at most. An
 * index over the vectors of all contexts would look among the questions of all tenants first, and
 * then have few of this one's left, or none.
 */
async function nearQuestions(
  { db }: Engine,
  { context, vector, nowMs, limit }: NearSearch,
): Promise<readonly FoundQuestion[]> {
  const text = printVector(vector);
  const { rows } = await sql<{ readonly key: string; readonly similarity: number }>`
    select key, least(1, 1 - (embedding <=> ${text}::vector)) as similarity
    from semantic_questions
    where context = ${context}
      and dimensions = ${BigInt(vector.length)}
      and expires_ms > ${BigInt(nowMs)}
    order by embedding <=> ${text}::vector
    limit ${BigInt(limit)}
  `.execute(db);
  return rows.map(({ key, similarity }) => ({ key, similarity: Number(similarity) }));
}

async function addQuestion(engine: Engine, question: StoredQuestion): Promise<void> {
  const { context, key, vector, max, model, principal, team, notedMs, expiresMs } = question;
  await engine.db.transaction().execute(async (transaction) => {
    await sql`
      insert into semantic_questions
        (context, key, model, principal, team, dimensions, embedding, noted_ms, expires_ms)
      values (${context}, ${key}, ${model}, ${principal}, ${team}, ${BigInt(vector.length)},
        ${printVector(vector)}::vector, ${BigInt(notedMs)}, ${BigInt(expiresMs)})
      on conflict (context, key) do update set
        dimensions = excluded.dimensions, embedding = excluded.embedding,
        noted_ms = excluded.noted_ms, expires_ms = excluded.expires_ms
    `.execute(transaction);
    await sql`
      delete from semantic_questions where context = ${context} and key in (
        select key from semantic_questions where context = ${context}
        order by noted_ms desc, key offset ${BigInt(max)}
      )
    `.execute(transaction);
  });
}

/** The answer to a new question may be on its way to where it is stored. */
const newMs = 10_000;

async function forgetQuestion(
  { db }: Engine,
  { context, key, nowMs }: Pick<StoredQuestion, "context" | "key"> & { readonly nowMs: number },
): Promise<void> {
  await sql`
    delete from semantic_questions
    where context = ${context} and key = ${key} and noted_ms < ${BigInt(nowMs - newMs)}
  `.execute(db);
}

/** Deletes the questions of answers that are purged; all where the filter says nothing. */
async function purgeQuestions(
  { db }: Engine,
  { model, principal, team, entry }: PurgeFilter,
): Promise<void> {
  const members = { model, principal, team, key: entry };
  const wanted = Object.entries(members).flatMap(([column, value]) =>
    value === undefined ? [] : sql`${sql.id(column)} = ${value}`,
  );
  const where = wanted.length === 0 ? sql`true` : sql.join(wanted, sql` and `);
  await sql`delete from semantic_questions where ${where}`.execute(db);
}

/** Deletes what is past its time, and of the rest all but so many of the newest. */
async function trimQuestions(
  { db }: Engine,
  { nowMs, max }: { readonly nowMs: number; readonly max: number },
): Promise<void> {
  await sql`delete from semantic_questions where expires_ms <= ${BigInt(nowMs)}`.execute(db);
  await sql`
    delete from semantic_questions where noted_ms <= (
      select noted_ms from semantic_questions order by noted_ms desc offset ${BigInt(max)} limit 1
    )
  `.execute(db);
}

/** As pgvector reads it. */
function printVector(vector: Float32Array): string {
  return `[${vector.join(",")}]`;
}
