import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { expect, it } from "vitest";
import { countSurvivors, promotedIn } from "../../bench/survivors.ts";

const run = promisify(execFile);
const module = new URL("../../bench/survivors.ts", import.meta.url).href;

/**
 * A process of its own: how much a minor collection moves depends on the size of the new space,
 * and on what the compiler has learned about where arrays end up, which other tests change.
 */
async function promotedBy(kept: string): Promise<number> {
  const program = `
    import { countSurvivors } from ${JSON.stringify(module)};
    const survivors = countSurvivors();
    const kept = [];
    for (let index = 0; index < 200_000; index += 1) {
      const made = new Array(100).fill(index);
      if (${kept}) kept.push(made);
    }
    console.log(survivors.promotedBytes(), kept.length);
  `;
  const flags = ["--max-semi-space-size=1", "--no-allocation-site-pretenuring"];
  const parts = ["--input-type=module", "--eval", program];
  const { stdout } = await run(process.execPath, [...flags, ...parts]);
  return Number(stdout.split(" ")[0]);
}

it("counts what outlives minor collections, and nothing of what does not", async () => {
  // 10,000 arrays of a little over 800 bytes.
  const promoted = await promotedBy("index % 20 === 0");
  expect(promoted).toBeGreaterThan(4_000_000);
  expect(promoted).toBeLessThan(40_000_000);
  expect(await promotedBy("false")).toBeLessThan(1_000_000);
});

it("goes on from where it was", () => {
  const survivors = countSurvivors();
  const first = survivors.promotedBytes();
  expect(survivors.promotedBytes()).toBeGreaterThanOrEqual(first);
});

it("takes nothing off when a sweep frees old bytes within a minor collection", () => {
  const spaces = (old: number) => ({
    heapSpaceStatistics: [
      { spaceName: "new_space", spaceUsedSize: 1_000 - old },
      { spaceName: "old_space", spaceUsedSize: old },
    ],
  });
  const collection = (gcType: string, before: number, after: number) => ({
    gcType,
    beforeGC: spaces(before),
    afterGC: spaces(after),
  });
  expect(
    promotedIn([
      collection("Scavenge", 100, 130),
      collection("Scavenge", 130, 20),
      collection("MarkSweepCompact", 20, 500),
    ]),
  ).toBe(30);
});
