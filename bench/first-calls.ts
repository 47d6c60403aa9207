import { createCases } from "./cases.ts";
import { checkReply } from "./compare.ts";
import type { Program } from "./program-process.ts";
import { runRound } from "./run-round.ts";
import { type Subject, startSubject } from "./subject.ts";

/** What the calls of a span cost a process that has served only those before them. */
export interface SpanCost {
  /** Calls served before the span, and when it ends. */
  readonly from: number;
  readonly to: number;
  readonly bareCpuUs: number;
  readonly parlanceCpuUs: number;
}

/** Ends of the spans: V8 has compiled the whole path of a call after some 12,000. */
const ends = [1_000, 3_000, 12_000, 20_000] as const;
const smokeEnds = [4, 8] as const;
const callers = 16;

/**
 * Drives both programs from their starts with calls of 1 KB in one dialect, and charges each span
 * of calls with the CPU time used meanwhile. Every process it starts is gone when it settles.
 */
export async function measureFirstCalls(
  [bareProgram, parlanceProgram]: readonly [bare: Program, parlance: Program],
  workFolder: string,
  smoke: boolean,
): Promise<readonly SpanCost[]> {
  const spans = smoke ? smokeEnds : ends;
  const startBare = () => startSubject(bareProgram, workFolder);
  const startParlance = () => startSubject(parlanceProgram, workFolder);
  const bare = await costsOf(startBare, "bare", spans);
  const parlance = await costsOf(startParlance, "parlance", spans);
  return spans.map((to, index) => ({
    from: spans[index - 1] ?? 0,
    to,
    bareCpuUs: bare[index] ?? Number.NaN,
    parlanceCpuUs: parlance[index] ?? Number.NaN,
  }));
}

async function costsOf(
  start: () => Promise<Subject>,
  side: "bare" | "parlance",
  spans: readonly number[],
): Promise<readonly number[]> {
  const one = createCases().find(({ name }) => name === "openai-1k-c16");
  if (one === undefined) throw new Error("the case of the first calls is gone");
  const subject = await start();
  try {
    const leastBytes = await checkReply(subject, one[side]);
    const costs: number[] = [];
    for (const [index, to] of spans.entries()) {
      const maxRequests = to - (spans[index - 1] ?? 0);
      const load = { concurrency: callers, durationMs: 60_000, maxRequests, leastBytes };
      costs.push((await runRound(subject, one[side], load)).cpuUsPerRequest);
    }
    return costs;
  } finally {
    await subject.stop();
  }
}
