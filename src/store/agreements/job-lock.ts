import type { Engine } from "../engine/engine.ts";

/** Who wants to run a job, and until when nobody else may unless it is renewed. */
export interface JobClaim {
  readonly name: string;
  /** Unique for each process. */
  readonly holder: string;
  readonly nowMs: number;
  readonly expiresMs: number;
}

/**
 * Takes or renews the lock of a job. False where another one has it, whose time has not passed. The
 * clocks of gateways should not differ by more than the time that locks are taken for.
 */
export async function takeJob({ db }: Pick<Engine, "db">, claim: JobClaim): Promise<boolean> {
  const { name, holder, nowMs, expiresMs } = claim;
  const taken = await db
    .insertInto("job_locks")
    .values({ name, holder, expires_ms: BigInt(expiresMs), finished_ms: 0n })
    .onConflict((conflict) =>
      conflict
        .column("name")
        .doUpdateSet({ holder, expires_ms: BigInt(expiresMs) })
        .where(({ eb, or }) =>
          or([
            eb("job_locks.expires_ms", "<=", BigInt(nowMs)),
            eb("job_locks.holder", "=", holder),
          ]),
        ),
    )
    .returning("name")
    .execute();
  return taken.length > 0;
}

/** Gives the lock back, if it is still its own, and notes when the job was finished. */
export async function finishJob(
  { db }: Pick<Engine, "db">,
  { name, holder, nowMs }: Pick<JobClaim, "name" | "holder" | "nowMs">,
): Promise<void> {
  await db
    .updateTable("job_locks")
    .set({ expires_ms: 0n, finished_ms: BigInt(nowMs) })
    .where("name", "=", name)
    .where("holder", "=", holder)
    .execute();
}

/** When a job was finished last, in milliseconds since 1970; 0: never. */
export async function finishedMs({ db }: Pick<Engine, "db">, name: string): Promise<number> {
  const row = await db
    .selectFrom("job_locks")
    .select("finished_ms")
    .where("name", "=", name)
    .executeTakeFirst();
  return Number(row?.finished_ms ?? 0n);
}
