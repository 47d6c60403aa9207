import { type Kysely, type RawBuilder, sql } from "kysely";
import type { Tables } from "../engine/tables.ts";
import { grains, summedValue, sumNames } from "../ledger/sums-of-calls.ts";
import { erasedName } from "./erased-call.ts";
import type { Erasure } from "./erasure-row.ts";
import { isScoped } from "./person-hash.ts";

/** Buckets of one transaction: those of so long a time. */
const windowMs = BigInt(31 * grains.day);

type SumTable = "rollups" | "tenant_rollups";

/** Sums that move: those of a condition, to the place that some columns name. */
interface Move {
  readonly table: SumTable;
  readonly where: RawBuilder<unknown>;
  readonly to: Readonly<Record<string, string>>;
}

/**
 * Moves some of the sums of a person to those of all that were erased, so that totals stay what
 * they are. Gives how many were moved; 0: there are no more.
 */
export async function moveSomeSums(db: Kysely<Tables>, erasure: Erasure): Promise<number> {
  await forgetBalances(db, erasure);
  for (const move of movesOf(erasure)) {
    const { rows } = await sql<{ readonly first: bigint | null }>`
      select min(bucket_ms) as first from ${sql.table(move.table)}
      where ${move.where} and ${until(erasure)}
    `.execute(db);
    const first = rows[0]?.first ?? undefined;
    if (first === undefined) continue;
    const window = sql`bucket_ms >= ${first} and bucket_ms < ${first + windowMs} and ${until(erasure)}`;
    if (move.table === "tenant_rollups" && isScoped(erasure)) await splitSums(db, move, window);
    return moveWindow(db, move, window);
  }
  return 0;
}

/** How many sums there are of a person. */
export async function countSums(db: Kysely<Tables>, erasure: Erasure): Promise<number> {
  let count = 0;
  for (const { table, where } of movesOf(erasure)) {
    const { rows } = await sql<{ readonly count: bigint }>`
      select count(*) as count from ${sql.table(table)} where ${where} and ${until(erasure)}
    `.execute(db);
    count += Number(rows[0]?.count ?? 0n);
  }
  return count;
}

/** What was spent later is of somebody who has come back. */
function until({ begunMs }: Erasure): RawBuilder<unknown> {
  return sql`bucket_ms < ${BigInt(begunMs)}`;
}

function movesOf(erasure: Erasure): readonly Move[] {
  const { kind, name, progress } = erasure;
  const values = (dimension: string, names: readonly string[]): readonly Move[] => {
    if (names.length === 0) return [];
    const where = sql`dimension = ${dimension} and value in (${sql.join(names.map(summedValue))})`;
    const to = { value: erasedName };
    const inTenants = { table: "tenant_rollups", where: withinScope(erasure, where), to } as const;
    return isScoped(erasure) ? [inTenants] : [{ table: "rollups", where, to }, inTenants];
  };
  const named = values("tag", progress.tags);
  if (kind === "end_user") return [...values("end_user", [name]), ...named];
  const keys = progress.keys;
  const tenants = [
    sql`user_id = ${summedValue(name)}`,
    ...(keys.length === 0 ? [] : [sql`key_id in (${sql.join(keys.map(summedValue))})`]),
  ];
  return [
    ...values("user", [name]),
    ...values("key", keys),
    ...named,
    {
      table: "tenant_rollups",
      where: sql`(${sql.join(tenants, sql` or `)})`,
      to: { user_id: erasedName, key_id: erasedName },
    },
  ];
}

function withinScope(erasure: Erasure, where: RawBuilder<unknown>): RawBuilder<unknown> {
  if (!isScoped(erasure)) return where;
  const { organizationId, teamId } = erasure;
  return sql.join(
    [
      where,
      ...(organizationId === "" ? [] : [sql`organization_id = ${summedValue(organizationId)}`]),
      ...(teamId === "" ? [] : [sql`team_id = ${summedValue(teamId)}`]),
    ],
    sql` and `,
  );
}

const places = {
  rollups: ["grain", "dimension", "bucket_ms", "value"],
  tenant_rollups: [
    ...["grain", "dimension", "bucket_ms", "value"],
    ...["organization_id", "team_id", "user_id", "key_id"],
  ],
} as const satisfies Record<SumTable, readonly string[]>;

async function moveWindow(
  db: Kysely<Tables>,
  { table, where, to }: Move,
  window: RawBuilder<unknown>,
): Promise<number> {
  await addTo(db, table, {
    source: table,
    where: sql`${where} and ${window}`,
    columns: places[table].map((name) => columnOf(name, to)),
  });
  const { rows } = await sql<{ readonly one: bigint }>`
    delete from ${sql.table(table)} where ${where} and ${window} returning 1 as one
  `.execute(db);
  return rows.length;
}

/**
 * Of the sums of all organizations those of a scope are taken, and added to those that were erased,
 * before the sums of tenants move by which they are known.
 */
async function splitSums(
  db: Kysely<Tables>,
  { where, to }: Move,
  window: RawBuilder<unknown>,
): Promise<void> {
  const source = "tenant_rollups";
  await addTo(db, "rollups", {
    source,
    where: sql`${where} and ${window}`,
    columns: places.rollups.map((name) => columnOf(name, to)),
  });
  await addTo(db, "rollups", {
    source,
    where: sql`${where} and ${window}`,
    columns: places.rollups.map((name) => sql.ref(name)),
    sign: sql`-`,
  });
  await sql`delete from rollups where calls = 0 and dimension in ('end_user', 'tag') and ${window}`.execute(
    db,
  );
}

function columnOf(name: string, to: Move["to"]): RawBuilder<unknown> {
  const value = to[name];
  return value === undefined ? sql.ref(name) : sql`cast(${value} as text)`;
}

/** Adds sums that are selected to those of a table, or takes them away by the sign. */
async function addTo(
  db: Kysely<Tables>,
  table: SumTable,
  {
    source,
    where,
    columns,
    sign = sql``,
  }: {
    readonly source: SumTable;
    readonly where: RawBuilder<unknown>;
    readonly columns: readonly RawBuilder<unknown>[];
    readonly sign?: RawBuilder<unknown>;
  },
): Promise<void> {
  const names = places[table];
  const groups = names.map((_, at) => sql.lit(at + 1));
  const sums = sumNames.map((name) => sql`${sign}cast(sum(${sql.ref(name)}) as bigint)`);
  const added = sumNames.map(
    (name) =>
      sql`${sql.ref(name)} = ${sql.ref(`${table}.${name}`)} + ${sql.ref(`excluded.${name}`)}`,
  );
  const all = sql.join([...names, ...sumNames].map((name) => sql.ref(name)));
  await sql`
    insert into ${sql.table(table)} (${all})
    select ${sql.join([...columns, ...sums])} from ${sql.table(source)}
    where ${where} group by ${sql.join(groups)}
    on conflict (${sql.join(names.map((name) => sql.ref(name)))}) do update set ${sql.join(added)}
  `.execute(db);
}

/** What a person had spent elsewhere is in its sums; that it was noted goes. */
async function forgetBalances(db: Kysely<Tables>, erasure: Erasure): Promise<void> {
  if (isScoped(erasure)) return;
  const { kind, name, progress } = erasure;
  const keys = progress.keys.map((key) => `key ${summedValue(key)}`);
  await db
    .deleteFrom("rollups")
    .where("dimension", "=", "opening_balance")
    .where("value", "in", [`${kind} ${summedValue(name)}`, ...keys])
    .execute();
}
