import type { Engine } from "../engine/engine.ts";
import { type Erasure, erasureOf, readErasure } from "./erasure-row.ts";

/** Which erasures are wanted. */
export interface ErasureQuery {
  /** Whether those under way are wanted; else those that are finished. */
  readonly open: boolean;
  /** Only those that are of one of these organizations or teams. Absent: all. */
  readonly within?: {
    readonly organizations: readonly string[];
    readonly teams: readonly string[];
  };
  /** Those before this id; "": the newest. */
  readonly before: string;
  /** From 1 to 1001. */
  readonly limit: number;
}

/** Reads a page of erasures, the newest first. */
export async function pageErasures(
  { db }: Pick<Engine, "db">,
  { open, within, before, limit }: ErasureQuery,
): Promise<readonly Erasure[]> {
  let select = db
    .selectFrom("erasures")
    .selectAll()
    .where("finished_ms", open ? "=" : ">", 0n)
    .orderBy("id", "desc")
    .limit(Math.min(Math.max(1, Math.trunc(limit)), 1_001));
  if (before !== "") select = select.where("id", "<", before);
  if (within !== undefined) {
    const { organizations, teams } = within;
    // "" is of the whole gateway, and in no list.
    select = select.where(({ eb, or }) =>
      or([
        eb("organization_id", "in", [...organizations, "-"]),
        eb("team_id", "in", [...teams, "-"]),
      ]),
    );
  }
  return (await select.execute()).map(erasureOf);
}

/** Reads one; undefined where there is none. */
export function readOneErasure(
  { db }: Pick<Engine, "db">,
  { id }: { readonly id: string },
): Promise<Erasure | undefined> {
  return readErasure(db, id);
}
