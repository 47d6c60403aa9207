import type { Kysely } from "kysely";
import { contentLock } from "../content/write-content.ts";
import type { Engine } from "../engine/engine.ts";
import type { Tables } from "../engine/tables.ts";
import { eraseSomeAudit } from "./erase-audit.ts";
import { eraseSomeCalls } from "./erase-calls.ts";
import { eraseFromDirectory } from "./erase-directory.ts";
import {
  type Erasure,
  type ErasureStep,
  erasureSteps,
  readErasure,
  saveProgress,
} from "./erasure-row.ts";
import { ledgerLock } from "./late-calls.ts";
import { moveSomeSums } from "./move-sums.ts";

/**
 * Does the next part of an erasure in the database, and notes how far it is, in one transaction;
 * gives the erasure as it is then, undefined where there is none. Its last step is `done`.
 */
export async function stepErasure(
  engine: Engine,
  { id }: { readonly id: string },
): Promise<Erasure | undefined> {
  return engine.db.transaction().execute(async (db) => {
    // Writers wait: what they have written is seen, and they do not hold rows that this wants.
    await engine.lock(db, ledgerLock);
    await engine.lock(db, contentLock);
    const erasure = await readErasure(db, id);
    if (erasure === undefined || erasure.finishedMs > 0 || erasure.progress.step === "done")
      return erasure;
    const { step } = erasure.progress;
    const { count, progress = erasure.progress } = await runners[step](engine, db, erasure);
    const counts = { ...progress.counts, [step]: (progress.counts[step] ?? 0) + count };
    const isOver = count === 0 || step === "directory";
    const next = { ...progress, counts, step: isOver ? stepAfter(step) : step };
    await saveProgress(db, id, next);
    return { ...erasure, progress: next };
  });
}

type Runner = (
  engine: Engine,
  db: Kysely<Tables>,
  erasure: Erasure,
) => Promise<{ readonly count: number; readonly progress?: Erasure["progress"] }>;

/** Keys stop to work first, so that no calls come that would have to be erased too. */
const runners: Readonly<Record<Exclude<ErasureStep, "done">, Runner>> = {
  directory: async (engine, db, erasure) => ({
    count: await eraseFromDirectory(engine, db, erasure),
  }),
  calls: (_, db, erasure) => eraseSomeCalls(db, erasure),
  sums: async (_, db, erasure) => ({ count: await moveSomeSums(db, erasure) }),
  audit: async (_, db, erasure) => ({ count: await eraseSomeAudit(db, erasure) }),
};

function stepAfter(step: ErasureStep): ErasureStep {
  return erasureSteps[erasureSteps.indexOf(step) + 1] ?? "done";
}
