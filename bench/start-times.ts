import { mkdtempSync } from "node:fs";
import { join } from "node:path";
import { type Program, startProgram, stopProcess } from "./program-process.ts";
import { median } from "./statistics.ts";

/** Times from spawn until `/readyz` said 200. */
export interface StartTimes {
  /** The first start on a machine: Node has compiled nothing yet. */
  readonly firstMs: number;
  /** The middle of the starts after it, for which Node may have kept compiled modules. */
  readonly laterMs: number;
}

/**
 * Starts and stops each program in turn, as a user starts it: once with Node's compile cache empty,
 * then `laterStarts` times. Gives the times in the order of the programs.
 */
export async function measureStarts(
  programs: readonly Program[],
  laterStarts: number,
  workFolder: string,
): Promise<readonly StartTimes[]> {
  const cache = mkdtempSync(join(workFolder, "compiled-"));
  const timesMs: number[][] = programs.map(() => []);
  for (let round = 0; round <= laterStarts; round += 1) {
    for (const [index, program] of programs.entries()) {
      const { child, startMs } = await startProgram(
        { ...program, env: { NODE_COMPILE_CACHE: cache } },
        workFolder,
      );
      await stopProcess(child);
      timesMs[index]?.push(startMs);
    }
  }
  return timesMs.map(([firstMs = Number.NaN, ...laterMs]) => ({
    firstMs,
    laterMs: median(laterMs),
  }));
}
