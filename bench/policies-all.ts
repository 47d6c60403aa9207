/**
 * What every policy together costs a call of 1 KB in one dialect, as a multiple of the same gateway
 * without them: `node bench/policies-all.ts [--smoke]`.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createCases } from "./cases.ts";
import { checkReply, type Effort, warmUp } from "./compare.ts";
import { parlanceProgram, policiesProgram } from "./programs.ts";
import { runRound } from "./run-round.ts";
import { startUpstream } from "./start-upstream.ts";
import { median } from "./statistics.ts";
import { type Subject, startSubject } from "./subject.ts";

/** Most that the policies may cost, as a multiple of the gateway without them. */
const budget = 1.1;
const efforts = {
  smoke: { rounds: 1, roundMs: 100, warmUp: { units: 1, mostMs: 50 } },
  full: { rounds: 9, roundMs: 1000, warmUp: { units: 15_000, mostMs: 8000 } },
} satisfies Record<string, Effort>;

async function measure(plain: Subject, all: Subject, effort: Effort): Promise<string> {
  const one = createCases().find(({ name }) => name === "openai-1k-c16");
  if (one === undefined) throw new Error("the case of the policies is gone");
  const cpuUs = async (subject: Subject, durationMs: number) => {
    const { concurrency } = one;
    return runRound(subject, one.parlance, { concurrency, durationMs, leastBytes });
  };
  const leastBytes = await checkReply(plain, one.parlance);
  await checkReply(all, one.parlance);
  for (const subject of [plain, all])
    await warmUp(one, effort, (durationMs) => cpuUs(subject, durationMs));
  const rounds: { readonly without: number; readonly with: number }[] = [];
  for (let round = 0; round < effort.rounds; round += 1) {
    const without = await cpuUs(plain, effort.roundMs);
    const withAll = await cpuUs(all, effort.roundMs);
    rounds.push({ without: without.cpuUsPerRequest, with: withAll.cpuUsPerRequest });
  }
  const ratios = rounds.map((round) => round.with / round.without);
  const cells = [
    median(rounds.map(({ without }) => without)).toFixed(0),
    median(rounds.map((round) => round.with)).toFixed(0),
    median(ratios).toFixed(2),
    `${Math.min(...ratios).toFixed(2)} to ${Math.max(...ratios).toFixed(2)}`,
    `${budget}`,
  ];
  return [
    "| policies-all | us without | us with | ratio | spread | at most |",
    "|---|---:|---:|---:|---:|---:|",
    `| 1 KB, one dialect | ${cells.join(" | ")} |`,
    "",
  ].join("\n");
}

async function main(argv: readonly string[]): Promise<void> {
  const workFolder = mkdtempSync(join(tmpdir(), "parlance-policies-"));
  const upstream = await startUpstream();
  const script = join(import.meta.dirname, "../src/main.ts");
  const subjects: Subject[] = [];
  try {
    for (const program of [
      parlanceProgram(upstream.origins, workFolder, script)(),
      policiesProgram(upstream.origins, workFolder, script),
    ])
      subjects.push(await startSubject(program, workFolder));
    const [plain, all] = subjects;
    if (plain === undefined || all === undefined) return;
    const effort = argv.includes("--smoke") ? efforts.smoke : efforts.full;
    process.stdout.write(await measure(plain, all, effort));
  } finally {
    await Promise.all([...subjects.map((subject) => subject.stop()), upstream.stop()]);
    rmSync(workFolder, { recursive: true });
  }
}

await main(process.argv.slice(2));
