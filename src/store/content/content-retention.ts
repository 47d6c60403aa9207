import { finishedMs, finishJob, takeJob } from "../agreements/job-lock.ts";
import type { Engine } from "../engine/engine.ts";
import { type ContentRetention, expireContent } from "./expire-content.ts";

/** How often old content is deleted, and for how long a lock is taken. */
const everyMs = 600_000;
const lockMs = 120_000;

/** What the job is run with. */
export interface ContentRetentionJob {
  readonly retention: ContentRetention;
  /** Unique for each process. */
  readonly holder: string;
  readonly nowMs: number;
}

/**
 * Deletes old content, if no other gateway does or has done it just now. Resolves with the number
 * of calls whose content was deleted.
 */
export async function runContentRetention(
  engine: Engine,
  { retention, holder, nowMs }: ContentRetentionJob,
): Promise<number> {
  const name = "content retention";
  const startMs = performance.now();
  const claim = () => {
    const now = Math.floor(nowMs + performance.now() - startMs);
    return takeJob(engine, { name, holder, nowMs: now, expiresMs: now + lockMs });
  };
  if (nowMs - (await finishedMs(engine, name)) < everyMs) return 0;
  if (!(await claim())) return 0;
  const deleted = await expireContent(engine, retention, { nowMs, goesOn: claim });
  await finishJob(engine, { name, holder, nowMs });
  return deleted;
}
