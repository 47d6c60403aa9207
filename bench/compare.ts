import type { Case } from "./cases.ts";
import { answerText, type PreparedRequest } from "./lane.ts";
import { openLanes } from "./open-lanes.ts";
import { type Load, type Round, runRound } from "./run-round.ts";
import { median } from "./statistics.ts";
import type { Subject } from "./subject.ts";

/**
 * The middle of a subject's rounds, number by number. CPU time is per unit: a request, or a frame
 * of a stream.
 */
export interface Middle {
  readonly requests: number;
  readonly cpuUsPerUnit: number;
  readonly requestsPerSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly residentBytes: number;
  /** Of all rounds together, for a round has few collections. */
  readonly promotedBytesPerRequest: number;
}

/** What one case measured. */
export interface Comparison {
  readonly case: Case;
  readonly bare: Middle;
  readonly parlance: Middle;
  /** Middle of the rounds' ratios of CPU time, Parlance over bare. */
  readonly ratio: number;
  /** Least and greatest of the rounds' ratios: how far to trust the middle. */
  readonly ratioSpread: readonly [number, number];
}

/** The two programs that are compared; `selfCheck` sends both what the bare proxy understands. */
export interface Pair {
  readonly bare: Subject;
  readonly parlance: Subject;
  readonly selfCheck: boolean;
}

/** How many rounds, and how long. */
export interface Effort {
  readonly rounds: number;
  readonly roundMs: number;
  /**
   * Load on each subject before the first round, for the compiler to settle: that takes a number of
   * requests (units, as in `Case`) and not a time, for a busy machine serves few of them in any
   * time.
   */
  readonly warmUp: { readonly units: number; readonly mostMs: number };
}

/**
 * Puts both subjects under the same load in turn, round by round, so that whatever else the machine
 * does meanwhile falls on both alike. Ratios are made within a round, and middles taken over
 * rounds. Rejects when a reply is wrong.
 */
export async function compare(pair: Pair, one: Case, effort: Effort): Promise<Comparison> {
  const request = pair.selfCheck ? one.bare : one.parlance;
  const leastBare = await checkReply(pair.bare, one.bare);
  const leastParlance = await checkReply(pair.parlance, request);
  const load = (durationMs: number, leastBytes: number): Load => ({
    concurrency: one.concurrency,
    durationMs,
    leastBytes,
  });
  await warmUp(one, effort, (durationMs) =>
    runRound(pair.bare, one.bare, load(durationMs, leastBare)),
  );
  await warmUp(one, effort, (durationMs) =>
    runRound(pair.parlance, request, load(durationMs, leastParlance)),
  );
  const bare: Round[] = [];
  const parlance: Round[] = [];
  for (let round = 0; round < effort.rounds; round += 1) {
    bare.push(await runRound(pair.bare, one.bare, load(effort.roundMs, leastBare)));
    parlance.push(await runRound(pair.parlance, request, load(effort.roundMs, leastParlance)));
  }
  const ratios = parlance.map(
    (round, index) => round.cpuUsPerRequest / (bare[index]?.cpuUsPerRequest ?? Number.NaN),
  );
  return {
    case: one,
    bare: middleOf(bare, one.unitsPerExchange),
    parlance: middleOf(parlance, one.unitsPerExchange),
    ratio: median(ratios),
    ratioSpread: [Math.min(...ratios), Math.max(...ratios)],
  };
}

/** Puts a subject under load until the compiler has settled. */
export async function warmUp(
  { unitsPerExchange }: Case,
  { warmUp: { units, mostMs } }: Effort,
  run: (durationMs: number) => Promise<Round>,
): Promise<void> {
  const stepMs = Math.min(500, mostMs);
  let served = 0;
  for (let spentMs = 0; served < units && spentMs < mostMs; spentMs += stepMs) {
    const { requests } = await run(stepMs);
    served += requests * unitsPerExchange;
  }
}

/**
 * Sends one request and looks at the reply. Gives half of its length: what replies under load must
 * at least have.
 */
export async function checkReply(subject: Subject, request: PreparedRequest): Promise<number> {
  const lanes = await openLanes(subject.origin, request, 1, { keepBody: true });
  try {
    const outcomes = await Promise.all(lanes.map((lane) => lane.exchange()));
    for (const { ok, body } of outcomes) {
      if (!ok || !(body.includes(answerText) || body.includes('"embedding"'))) {
        throw new Error(`${subject.name} answers ${request.path} with: ${body.slice(0, 2000)}`);
      }
    }
    return Math.floor((outcomes[0]?.bytes ?? 0) / 2);
  } finally {
    for (const lane of lanes) lane.close();
  }
}

function middleOf(rounds: readonly Round[], unitsPerExchange: number): Middle {
  const of = (read: (round: Round) => number) => median(rounds.map(read));
  const sum = (read: (round: Round) => number) =>
    rounds.reduce((total, round) => total + read(round), 0);
  const requests = sum((round) => round.requests);
  return {
    requests,
    cpuUsPerUnit: of((round) => round.cpuUsPerRequest) / unitsPerExchange,
    requestsPerSecond: of((round) => round.requestsPerSecond),
    p50Ms: of((round) => round.p50Ms),
    p99Ms: of((round) => round.p99Ms),
    residentBytes: of((round) => round.residentBytes),
    promotedBytesPerRequest: sum((round) => round.promotedBytes) / requests,
  };
}
