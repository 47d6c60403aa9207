import { finishedMs, finishJob, takeJob } from "../agreements/job-lock.ts";
import type { Engine } from "../engine/engine.ts";
import { deleteOld, type Retention } from "../ledger/retention.ts";

/** How often old rows are deleted, and for how long a lock is taken. */
const retentionEveryMs = 600_000;
const lockMs = 120_000;

/** What the job is run with. */
export interface RetentionJob {
  readonly retention: Retention;
  readonly nowMs: () => number;
}

/** Deletes old rows, if no other gateway does or has done it just now. */
export async function runRetention(
  engine: Engine,
  holder: string,
  { retention, nowMs }: RetentionJob,
): Promise<number> {
  if (retention.callsMs === undefined && retention.hoursMs === undefined) return 0;
  const name = "retention";
  const claim = () =>
    takeJob(engine, { name, holder, nowMs: nowMs(), expiresMs: nowMs() + lockMs });
  if (nowMs() - (await finishedMs(engine, name)) < retentionEveryMs) return 0;
  if (!(await claim())) return 0;
  const deleted = await deleteOld(engine, retention, { nowMs: nowMs(), goesOn: claim });
  await finishJob(engine, { name, holder, nowMs: nowMs() });
  return deleted;
}
