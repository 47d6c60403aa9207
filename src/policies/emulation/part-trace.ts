import type { AttemptRecord, Trace } from "../../core/trace.ts";

/**
 * The trace of one of several requests that together are one try. Its attempts stay its own, for
 * the try is told once; all else is that of the whole.
 */
export function createPartTrace(whole: Trace): Trace {
  const attempts: AttemptRecord[] = [];
  return {
    startedMs: whole.startedMs,
    stages: whole.stages,
    attempts,
    get principal() {
      return whole.principal;
    },
    identify: (principal) => whole.identify(principal),
    enter: (stage) => whole.enter(stage),
    attempt: (record) => attempts.push(record),
    overheadUs: () => whole.overheadUs(),
  };
}
