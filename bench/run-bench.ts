import { availableParallelism, cpus } from "node:os";
import { buildProgram } from "./built-program.ts";
import { type Case, createCases } from "./cases.ts";
import { type Comparison, compare, type Effort, type Pair } from "./compare.ts";
import { measureFirstCalls } from "./first-calls.ts";
import { measureAddedTime } from "./first-token.ts";
import type { BenchOptions } from "./options.ts";
import { bareProxyProgram, parlanceProgram } from "./programs.ts";
import type { ProcessFacts, Results } from "./results.ts";
import { measureStarts, type StartTimes } from "./start-times.ts";
import { startUpstream } from "./start-upstream.ts";
import { median } from "./statistics.ts";
import { type Subject, startSubject } from "./subject.ts";
import { measureWorkers } from "./worker-costs.ts";

/**
 * Runs the cases that are asked for: starts of both programs, each case in turn, and the added time
 * to the first text. Every process it starts is gone when it settles. Rejects when no case has the
 * name, a program does not start, or a reply is wrong.
 */
export async function runBench(
  options: BenchOptions,
  workFolder: string,
  progress: (line: string) => void,
): Promise<Results> {
  const { cases, withWorkers, withFirstCalls } = chooseCases(options);
  const upstream = await startUpstream();
  const subjects: Subject[] = [];
  const start = async (program: Parameters<typeof startSubject>[0]) => {
    const subject = await startSubject(program, workFolder);
    subjects.push(subject);
    return subject;
  };
  try {
    const bareProgram = bareProxyProgram(upstream.origins);
    // Only where it is measured: it takes seconds.
    const script = options.selfCheck ? "" : await buildProgram();
    const parlance = parlanceProgram(upstream.origins, workFolder, script);
    const program = options.selfCheck ? bareProgram : parlance();
    progress("starts");
    const starts = await measureStarts([bareProgram, program], options.smoke ? 1 : 7, workFolder);
    const pair: Pair = {
      bare: await start(bareProgram),
      parlance: await start(program),
      selfCheck: options.selfCheck,
    };
    const bareReady = await pair.bare.usage();
    const parlanceReady = await pair.parlance.usage();
    const comparisons = await compareAll(pair, cases, options, progress);
    const samples = options.smoke ? 20 : 1000;
    if (withWorkers) progress("workers");
    const workers = withWorkers
      ? await measureWorkers(parlance, workFolder, effortOf(options))
      : [];
    if (withFirstCalls) progress("first-calls");
    const firstCalls = withFirstCalls
      ? await measureFirstCalls([bareProgram, parlance()], workFolder, options.smoke)
      : [];
    const withAddedTime = options.only.length === 0;
    if (withAddedTime) progress("first text");
    const addedTimes = withAddedTime ? await measureAddedTime(pair, upstream.origins, samples) : [];
    return {
      setting: describeSetting(options),
      comparisons,
      addedTimes,
      workers,
      firstCalls,
      bare: await processFacts(pair.bare, starts[0], bareReady.residentBytes, comparisons, "bare"),
      parlance: await processFacts(
        pair.parlance,
        starts[1],
        parlanceReady.residentBytes,
        comparisons,
        "parlance",
      ),
    };
  } finally {
    await Promise.all([...subjects.map((subject) => subject.stop()), upstream.stop()]);
  }
}

/** What is measured. Throws where nothing has one of the names. */
function chooseCases({ only, selfCheck }: BenchOptions) {
  const cases = createCases();
  const others = selfCheck ? [] : ["workers", "first-calls"];
  const names = [...cases.map(({ name }) => name), ...others];
  const wrong = only.find((part) => !names.some((name) => name.includes(part)));
  if (wrong !== undefined) throw new Error(`no case has ${wrong} in its name`);
  const isChosen = (name: string) => only.length === 0 || only.some((part) => name.includes(part));
  return {
    cases: cases.filter(({ name }) => isChosen(name)),
    withWorkers: !selfCheck && isChosen("workers"),
    withFirstCalls: !selfCheck && isChosen("first-calls"),
  };
}

async function compareAll(
  pair: Pair,
  cases: readonly Case[],
  options: BenchOptions,
  progress: (line: string) => void,
): Promise<readonly Comparison[]> {
  const comparisons: Comparison[] = [];
  for (const one of cases) {
    const comparison = await compare(pair, one, effortOf(options));
    progress(`${one.name}: ${comparison.ratio.toFixed(2)}`);
    comparisons.push(comparison);
  }
  return comparisons;
}

function effortOf({ rounds, roundMs, smoke }: BenchOptions): Effort {
  const warmUp = smoke ? { units: 1, mostMs: 50 } : { units: 15_000, mostMs: 8_000 };
  return { rounds, roundMs, warmUp };
}

async function processFacts(
  subject: Subject,
  times: StartTimes | undefined,
  readyBytes: number,
  comparisons: readonly Comparison[],
  side: "bare" | "parlance",
): Promise<ProcessFacts> {
  const { peakResidentBytes: peakBytes } = await subject.usage();
  const loaded = comparisons
    .filter((one) => one.case.name.startsWith("openai-1k"))
    .map((one) => one[side].residentBytes);
  return {
    ...(times ?? { firstMs: Number.NaN, laterMs: Number.NaN }),
    readyBytes,
    loadedBytes: median(loaded),
    peakBytes,
  };
}

function describeSetting({
  rounds,
  roundMs,
  selfCheck,
}: BenchOptions): Readonly<Record<string, string | number>> {
  return {
    Node: process.version,
    machine: `${availableParallelism()} x ${cpus()[0]?.model.trim() ?? "unknown"}`,
    rounds: `${rounds} x ${roundMs} ms`,
    ...(selfCheck ? { "self-check": "the bare proxy against itself" } : {}),
  };
}
