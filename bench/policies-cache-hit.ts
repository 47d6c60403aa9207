/**
 * What a stored answer of 1 KB in one dialect costs, as a multiple of the bare proxy, which calls the
 * vendor: `node bench/policies-cache-hit.ts [--smoke]`.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createCases } from "./cases.ts";
import { checkReply, type Effort, warmUp } from "./compare.ts";
import { bareProxyProgram, cachingProgram } from "./programs.ts";
import { runRound } from "./run-round.ts";
import { startUpstream } from "./start-upstream.ts";
import { median } from "./statistics.ts";
import { type Subject, startSubject } from "./subject.ts";

/** Most that a hit may cost, as a multiple of the bare proxy. */
const budget = 0.6;
const efforts = {
  smoke: { rounds: 1, roundMs: 100, warmUp: { units: 1, mostMs: 50 } },
  full: { rounds: 9, roundMs: 1000, warmUp: { units: 15_000, mostMs: 8000 } },
} satisfies Record<string, Effort>;

async function measure(bare: Subject, caching: Subject, effort: Effort): Promise<string> {
  const one = createCases().find(({ name }) => name === "openai-1k-c16");
  if (one === undefined) throw new Error("the case of the cache is gone");
  const cpuUs = async (subject: Subject, durationMs: number) => {
    const { concurrency } = one;
    const request = subject === bare ? one.bare : one.parlance;
    return runRound(subject, request, { concurrency, durationMs, leastBytes });
  };
  const leastBytes = await checkReply(bare, one.bare);
  await checkReply(caching, one.parlance);
  for (const subject of [bare, caching])
    await warmUp(one, effort, (durationMs) => cpuUs(subject, durationMs));
  const rounds: { readonly proxied: number; readonly hit: number }[] = [];
  for (let round = 0; round < effort.rounds; round += 1) {
    const proxied = await cpuUs(bare, effort.roundMs);
    const hit = await cpuUs(caching, effort.roundMs);
    rounds.push({ proxied: proxied.cpuUsPerRequest, hit: hit.cpuUsPerRequest });
  }
  const ratios = rounds.map((round) => round.hit / round.proxied);
  const cells = [
    median(rounds.map(({ proxied }) => proxied)).toFixed(0),
    median(rounds.map(({ hit }) => hit)).toFixed(0),
    median(ratios).toFixed(2),
    `${Math.min(...ratios).toFixed(2)} to ${Math.max(...ratios).toFixed(2)}`,
    `${budget}`,
  ];
  return [
    "| policies-cache-hit | us bare | us hit | ratio | spread | at most |",
    "|---|---:|---:|---:|---:|---:|",
    `| 1 KB, one dialect | ${cells.join(" | ")} |`,
    "",
  ].join("\n");
}

async function main(argv: readonly string[]): Promise<void> {
  const workFolder = mkdtempSync(join(tmpdir(), "parlance-caching-"));
  const upstream = await startUpstream();
  const script = join(import.meta.dirname, "../src/main.ts");
  const subjects: Subject[] = [];
  try {
    for (const program of [
      bareProxyProgram(upstream.origins),
      cachingProgram(upstream.origins, workFolder, script),
    ])
      subjects.push(await startSubject(program, workFolder));
    const [bare, caching] = subjects;
    if (bare === undefined || caching === undefined) return;
    const effort = argv.includes("--smoke") ? efforts.smoke : efforts.full;
    process.stdout.write(await measure(bare, caching, effort));
  } finally {
    await Promise.all([...subjects.map((subject) => subject.stop()), upstream.stop()]);
    rmSync(workFolder, { recursive: true });
  }
}

await main(process.argv.slice(2));
