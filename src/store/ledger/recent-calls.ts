import type { Engine } from "../engine/engine.ts";

/** A call of the ledger, and when it ended in milliseconds since 1970. */
export interface RecentCall {
  readonly callId: string;
  readonly endedMs: number;
}

/** The newest calls that ended from a time on, at most `max` of them, the newest first. */
export async function recentCalls(
  { db }: Engine,
  fromMs: number,
  max: number,
): Promise<readonly RecentCall[]> {
  const rows = await db
    .selectFrom("calls")
    .select(["call_id", "ended_ms"])
    .where("ended_ms", ">=", BigInt(fromMs))
    .orderBy("ended_ms", "desc")
    .orderBy("call_id", "desc")
    .limit(max)
    .execute();
  return rows.map(({ call_id, ended_ms }) => ({ callId: call_id, endedMs: Number(ended_ms) }));
}
