import { type Case, createCases } from "./cases.ts";
import { checkReply, type Effort, warmUp } from "./compare.ts";
import type { ParlanceProgram } from "./programs.ts";
import { type Round, runRound } from "./run-round.ts";
import { median } from "./statistics.ts";
import { type Subject, startSubject } from "./subject.ts";

/** What a call costs with a number of workers. CPU time is of the whole process. */
export interface WorkerCost {
  readonly workers: number;
  readonly cpuUsPerRequest: number;
  readonly requestsPerSecond: number;
  /** Middle of the rounds' ratios of CPU time to that with one worker. */
  readonly ratio: number;
  readonly ratioSpread: readonly [number, number];
}

/** Max CPU time of a call with several workers, as a multiple of that with one. */
export const workersBudget = 1.1;

const counts = [1, 2, 4] as const;
const callers = 32;

/**
 * How much longer than in other cases the warm-up may take: a thread that has served few calls is
 * slower by more than what is measured here.
 */
const patience = 5;

/**
 * Drives Parlance with one, two and four workers in turn, round by round, with calls of 1 KB in one
 * dialect. Every process it starts is gone when it settles.
 */
export async function measureWorkers(
  parlance: ParlanceProgram,
  workFolder: string,
  effort: Effort,
): Promise<readonly WorkerCost[]> {
  const one = createCases().find(({ name }) => name === "openai-1k-c16");
  if (one === undefined) throw new Error("the case of the workers is gone");
  const subjects: Subject[] = [];
  try {
    for (const workers of counts) {
      subjects.push(await startSubject(parlance(workers), workFolder));
    }
    return await drive(subjects, one, effort);
  } finally {
    await Promise.all(subjects.map((subject) => subject.stop()));
  }
}

async function drive(
  subjects: readonly Subject[],
  one: Case,
  effort: Effort,
): Promise<readonly WorkerCost[]> {
  const [first] = subjects;
  if (first === undefined) return [];
  const leastBytes = await checkReply(first, one.parlance);
  const run = (subject: Subject, durationMs: number): Promise<Round> =>
    runRound(subject, one.parlance, { concurrency: callers, durationMs, leastBytes });
  for (const [index, subject] of subjects.entries()) {
    // Each thread compiles for itself, and gets its part of the calls.
    const { units, mostMs } = effort.warmUp;
    const factor = counts[index] ?? 1;
    const more = { units: units * factor, mostMs: mostMs * factor * patience };
    await warmUp(one, { ...effort, warmUp: more }, (durationMs) => run(subject, durationMs));
  }
  const rounds: Round[][] = subjects.map(() => []);
  for (let round = 0; round < effort.rounds; round += 1) {
    for (const [index, subject] of subjects.entries())
      rounds[index]?.push(await run(subject, effort.roundMs));
  }
  return counts.map((workers, index) => costOf(workers, rounds[index] ?? [], rounds[0] ?? []));
}

function costOf(workers: number, own: readonly Round[], ofOne: readonly Round[]): WorkerCost {
  const ratios = own.map(
    (round, index) => round.cpuUsPerRequest / (ofOne[index]?.cpuUsPerRequest ?? Number.NaN),
  );
  return {
    workers,
    cpuUsPerRequest: median(own.map((round) => round.cpuUsPerRequest)),
    requestsPerSecond: median(own.map((round) => round.requestsPerSecond)),
    ratio: median(ratios),
    ratioSpread: [Math.min(...ratios), Math.max(...ratios)],
  };
}
