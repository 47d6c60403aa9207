import type { Engine } from "../engine/engine.ts";
import { finishedMs, type JobClaim, takeJob } from "./job-lock.ts";

/** A job that is done once for each period, by one of the gateways that share a database. */
export interface PeriodClaim extends JobClaim {
  /** When the period was over: whoever finishes the job later has done it. */
  readonly dueMs: number;
}

/** Takes the job of a period: `done` where it is, `locked` while another one does it. */
export async function takePeriodJob(
  engine: Pick<Engine, "db">,
  claim: PeriodClaim,
): Promise<"taken" | "locked" | "done"> {
  if ((await finishedMs(engine, claim.name)) >= claim.dueMs) return "done";
  if (!(await takeJob(engine, claim))) return "locked";
  // Another one may have finished it in between.
  return (await finishedMs(engine, claim.name)) >= claim.dueMs ? "done" : "taken";
}
