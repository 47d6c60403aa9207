import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buildProgram } from "./built-program.ts";
import { type Case, createCases } from "./cases.ts";
import { checkReply, type Effort, warmUp } from "./compare.ts";
import type { PreparedRequest } from "./lane.ts";
import type { Program } from "./program-process.ts";
import { runRound } from "./run-round.ts";
import { startUpstream } from "./start-upstream.ts";
import { median } from "./statistics.ts";
import { type Subject, startSubject } from "./subject.ts";
import type { UpstreamName } from "./upstream-names.ts";

/** A program, and the call that is made of it. */
export interface Contender {
  readonly program: Program;
  /** Makes the call once the program serves; absent: the call of the case to Parlance. */
  readonly request?: (one: Case, origin: URL) => Promise<PreparedRequest> | PreparedRequest;
}

/** What is compared, and how the table names it. */
export interface Contest {
  /** The first cell of the table's head. */
  readonly name: string;
  /** What the columns of the two are called. */
  readonly columns: readonly [string, string];
  /** The most that the second may cost, as a multiple of the first. */
  readonly budget: number;
  /** The case, and how the table names it. Default: a call of 1 KB in one dialect, 16 callers. */
  readonly load?: { readonly case: string; readonly title: string };
  /** `script` is the main module. */
  readonly contenders: (
    origins: Readonly<Record<UpstreamName, string>>,
    workFolder: string,
    script: string,
  ) => readonly [Contender, Contender];
}

const efforts = {
  smoke: { rounds: 1, roundMs: 100, warmUp: { units: 1, mostMs: 50 } },
  full: { rounds: 9, roundMs: 1000, warmUp: { units: 15_000, mostMs: 8000 } },
} satisfies Record<string, Effort>;

const usualLoad = { case: "openai-1k-c16", title: "1 KB, one dialect" };

/**
 * Compares what two programs cost for a call, or for a frame of a stream, in turn, and prints a
 * table. With `--smoke` among the arguments the numbers mean nothing.
 */
export async function comparePrograms(contest: Contest, argv: readonly string[]): Promise<void> {
  const workFolder = mkdtempSync(join(tmpdir(), "parlance-compare-"));
  const upstream = await startUpstream();
  const script = await buildProgram();
  const { load = usualLoad } = contest;
  const one = caseOf(load.case);
  const subjects: Subject[] = [];
  try {
    const sides: Side[] = [];
    for (const contender of contest.contenders(upstream.origins, workFolder, script)) {
      const subject = await startSubject(contender.program, workFolder);
      subjects.push(subject);
      sides.push(await sideOf(one, subject, contender));
    }
    const [first, second] = sides;
    if (first === undefined || second === undefined) return;
    const effort = argv.includes("--smoke") ? efforts.smoke : efforts.full;
    process.stdout.write(print(contest, load.title, await measure(one, [first, second], effort)));
  } finally {
    await Promise.all([...subjects.map((subject) => subject.stop()), upstream.stop()]);
    rmSync(workFolder, { recursive: true });
  }
}

interface Side {
  readonly subject: Subject;
  readonly request: PreparedRequest;
  readonly leastBytes: number;
}

function caseOf(name: string): Case {
  const found = createCases().find((one) => one.name === name);
  if (found === undefined) throw new Error(`the case ${name} of the comparison is gone`);
  return found;
}

async function sideOf(one: Case, subject: Subject, contender: Contender): Promise<Side> {
  const request = (await contender.request?.(one, subject.origin)) ?? one.parlance;
  return { subject, request, leastBytes: await checkReply(subject, request) };
}

type Costs = readonly (readonly [first: number, second: number])[];

/** CPU microseconds for each request, or each frame of a stream, round by round. */
async function measure(
  one: Case,
  [first, second]: readonly [Side, Side],
  effort: Effort,
): Promise<Costs> {
  const { concurrency, unitsPerExchange } = one;
  const run = ({ subject, request, leastBytes }: Side, durationMs: number) =>
    runRound(subject, request, { concurrency, durationMs, leastBytes });
  for (const side of [first, second])
    await warmUp(one, effort, (durationMs) => run(side, durationMs));
  const costs: (readonly [number, number])[] = [];
  for (let round = 0; round < effort.rounds; round += 1) {
    const before = await run(first, effort.roundMs);
    const after = await run(second, effort.roundMs);
    costs.push([
      before.cpuUsPerRequest / unitsPerExchange,
      after.cpuUsPerRequest / unitsPerExchange,
    ]);
  }
  return costs;
}

function print({ name, columns, budget }: Contest, title: string, costs: Costs): string {
  const ratios = costs.map(([first, second]) => second / first);
  const cells = [
    printUs(median(costs.map(([first]) => first))),
    printUs(median(costs.map(([, second]) => second))),
    median(ratios).toFixed(2),
    `${Math.min(...ratios).toFixed(2)} to ${Math.max(...ratios).toFixed(2)}`,
    `${budget}`,
  ];
  return [
    `| ${name} | us ${columns[0]} | us ${columns[1]} | ratio | spread | at most |`,
    "|---|---:|---:|---:|---:|---:|",
    `| ${title} | ${cells.join(" | ")} |`,
    "",
  ].join("\n");
}

function printUs(us: number): string {
  return us.toFixed(us < 50 ? 1 : 0);
}
