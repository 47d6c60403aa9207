import type { Selectable } from "kysely";
import type { Engine } from "../engine/engine.ts";
import type { AuditTable } from "../engine/tables.ts";

/** A change that an admin made. */
export type AuditRow = Selectable<AuditTable>;

/**
 * Adds a change to the audit, whose ids are in the order of time. Nothing changes it afterwards.
 */
export async function appendAudit({ db }: Pick<Engine, "db">, row: AuditRow): Promise<void> {
  await db.insertInto("audit").values(row).execute();
}

/** A page of the audit that is wanted, the newest first. */
export interface AuditQuery {
  readonly fromMs?: number;
  readonly toMs?: number;
  /** Only of these. Absent: of all. */
  readonly organizationId?: string;
  readonly teamId?: string;
  readonly objectKind?: string;
  readonly objectId?: string;
  readonly actorId?: string;
  /** Those before this one in time. */
  readonly before?: Pick<AuditRow, "at_ms" | "id"> | undefined;
  /** From 1 to 1000. */
  readonly limit: number;
}

/** Reads a page of the audit. */
export async function pageAudit(
  { db }: Pick<Engine, "db">,
  query: AuditQuery,
): Promise<readonly AuditRow[]> {
  const { fromMs, toMs, before, limit } = query;
  let select = db
    .selectFrom("audit")
    .selectAll()
    .orderBy("at_ms", "desc")
    .orderBy("id", "desc")
    .limit(Math.min(Math.max(1, Math.trunc(limit)), 1_000));
  if (fromMs !== undefined) select = select.where("at_ms", ">=", BigInt(Math.ceil(fromMs)));
  if (toMs !== undefined) select = select.where("at_ms", "<", BigInt(Math.ceil(toMs)));
  const only = [
    ["organization_id", query.organizationId],
    ["team_id", query.teamId],
    ["object_kind", query.objectKind],
    ["object_id", query.objectId],
    ["actor_id", query.actorId],
  ] as const;
  for (const [column, value] of only)
    if (value !== undefined) select = select.where(column, "=", value);
  if (before !== undefined)
    select = select.where(({ eb, refTuple, tuple }) =>
      eb(refTuple("at_ms", "id"), "<", tuple(before.at_ms, before.id)),
    );
  return select.execute();
}
