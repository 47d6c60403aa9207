import type { Kysely, Selectable } from "kysely";
import { isObject, type JsonObject, parseJson } from "../../json/json.ts";
import type { ErasureTable, Tables } from "../engine/tables.ts";
import type { StoredPerson } from "./person-hash.ts";

/** The steps of an erasure in the store, in their order; `done`: nothing is left there. */
export const erasureSteps = ["directory", "calls", "sums", "audit", "done"] as const;

/** One of the steps. */
export type ErasureStep = (typeof erasureSteps)[number];

/** How far an erasure is. It is written in the transaction of each step. */
export interface ErasureProgress {
  readonly step: ErasureStep;
  /** How many rows were changed, by the place. */
  readonly counts: Readonly<Record<string, number>>;
  /** The keys of a user, by id; and the hashes of those that it had. */
  readonly keys: readonly string[];
  readonly keyHashes: readonly string[];
  /** Who called for the person, by the names that stored answers have. */
  readonly principals: readonly string[];
  /** Tags of its calls that name it. */
  readonly tags: readonly string[];
  /** Calls by the provider that they went to. */
  readonly vendors: Readonly<Record<string, number>>;
}

/** An erasure that has begun. Plain data, since it goes from thread to thread. */
export interface Erasure extends StoredPerson {
  readonly id: string;
  readonly personHash: string;
  /** In milliseconds since 1970. */
  readonly begunMs: number;
  /** 0: it is under way, and only then has it a name and a progress. */
  readonly finishedMs: number;
  readonly progress: ErasureProgress;
  /** The receipt, as JSON of the contract; "": it is under way. */
  readonly receiptJson: string;
}

/** Where an erasure begins. */
export function noProgress(keys: readonly string[], keyHashes: readonly string[]): ErasureProgress {
  return { step: "directory", counts: {}, keys, keyHashes, principals: [], tags: [], vendors: {} };
}

/** Names that are kept of an erasure at most; more count as all. */
export const maxNames = 10_000;

/** Reads an erasure; undefined where there is none. */
export async function readErasure(db: Kysely<Tables>, id: string): Promise<Erasure | undefined> {
  const row = await db.selectFrom("erasures").selectAll().where("id", "=", id).executeTakeFirst();
  return row === undefined ? undefined : erasureOf(row);
}

/** An erasure of its row. */
export function erasureOf(row: Selectable<ErasureTable>): Erasure {
  return {
    id: row.id,
    kind: row.kind === "user" ? "user" : "end_user",
    name: row.person,
    organizationId: row.organization_id,
    teamId: row.team_id,
    personHash: row.person_hash,
    begunMs: Number(row.begun_ms),
    finishedMs: Number(row.finished_ms),
    progress: parseProgress(row.progress_json),
    receiptJson: row.receipt_json,
  };
}

/** Notes how far an erasure is. */
export async function saveProgress(
  db: Kysely<Tables>,
  id: string,
  progress: ErasureProgress,
): Promise<void> {
  await db
    .updateTable("erasures")
    .set({ progress_json: JSON.stringify(progress) })
    .where("id", "=", id)
    .execute();
}

function parseProgress(text: string): ErasureProgress {
  const parsed = text === "" ? undefined : parseJson(text);
  const { step, counts, keys, keyHashes, principals, tags, vendors } =
    parsed?.ok === true && isObject(parsed.value) ? parsed.value : {};
  return {
    step: erasureSteps.find((one) => one === step) ?? "directory",
    counts: numbersOf(counts),
    keys: textsOf(keys),
    keyHashes: textsOf(keyHashes),
    principals: textsOf(principals),
    tags: textsOf(tags),
    vendors: numbersOf(vendors),
  };
}

function textsOf(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.map(String) : [];
}

function numbersOf(value: JsonObject[string]): Readonly<Record<string, number>> {
  if (!isObject(value)) return {};
  return Object.fromEntries(Object.entries(value).map(([name, count]) => [name, Number(count)]));
}
