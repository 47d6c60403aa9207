import { type Program, startProgram, stopProcess } from "./program-process.ts";
import { median } from "./statistics.ts";

/**
 * Starts and stops each program in turn, `starts` times, as a user starts it. Gives the middle time from spawn until `/readyz`
 * said 200, in milliseconds, in the order of the programs.
 */
export async function measureStarts(
  programs: readonly Program[],
  starts: number,
  workFolder: string,
): Promise<readonly number[]> {
  const timesMs: number[][] = programs.map(() => []);
  for (let round = 0; round < starts; round += 1) {
    for (const [index, program] of programs.entries()) {
      const { child, startMs } = await startProgram(program, workFolder);
      await stopProcess(child);
      timesMs[index]?.push(startMs);
    }
  }
  return timesMs.map(median);
}
