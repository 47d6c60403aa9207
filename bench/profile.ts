/**
 * Shows where Parlance's CPU time goes in one case: `node bench/profile.ts CASE [SECONDS]
 * [FILE.cpuprofile]`.
 */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createCases } from "./cases.ts";
import { checkReply } from "./compare.ts";
import { parlanceProgram } from "./programs.ts";
import { runRound } from "./run-round.ts";
import { type CpuProfile, selfTimes } from "./self-times.ts";
import { startUpstream } from "./start-upstream.ts";
import { startSubject } from "./subject.ts";

const linesShown = 40;

async function main([name = "", seconds = "5", file]: readonly string[]): Promise<void> {
  const cases = createCases();
  const one = cases.find((candidate) => candidate.name === name);
  if (one === undefined) {
    process.stdout.write(`cases: ${cases.map((candidate) => candidate.name).join(" ")}\n`);
    process.exitCode = 1;
    return;
  }
  const workFolder = mkdtempSync(join(tmpdir(), "parlance-profile-"));
  const upstream = await startUpstream();
  // As written, so that the profile names the files of `src`.
  const script = join(import.meta.dirname, "../src/main.ts");
  const program = parlanceProgram(upstream.origins, workFolder, script)();
  const subject = await startSubject(program, workFolder);
  try {
    const leastBytes = await checkReply(subject, one.parlance);
    const load = { concurrency: one.concurrency, leastBytes };
    await runRound(subject, one.parlance, { ...load, durationMs: 3000 });
    await subject.startProfile();
    const { requests } = await runRound(subject, one.parlance, {
      ...load,
      durationMs: Number(seconds) * 1000,
    });
    const profile = (await subject.stopProfile()) as CpuProfile; // V8's own format
    if (file !== undefined) writeFileSync(file, JSON.stringify(profile));
    const units = requests * one.unitsPerExchange;
    const lines = selfTimes(profile)
      .slice(0, linesShown)
      .map(({ place, selfUs, share }) => {
        const us = (selfUs / units).toFixed(2).padStart(8);
        return `${us} us ${(share * 100).toFixed(1).padStart(5)} %  ${place}`;
      });
    const title = `${one.name}: ${units} ${one.kind === "stream" ? "frames" : "requests"}`;
    process.stdout.write(`${[title, ...lines].join("\n")}\n`);
  } finally {
    await Promise.all([subject.stop(), upstream.stop()]);
    rmSync(workFolder, { recursive: true });
  }
}

await main(process.argv.slice(2));
