import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { expect, it } from "vitest";

it("the cost of a guard of frames is measured", { timeout: 120_000 }, async () => {
  const run = promisify(execFile);
  const { stdout } = await run(process.execPath, ["bench/guards-frames.ts", "--smoke"]);
  expect(stdout).toMatch(/^\| a frame, one dialect \| [\d.]+ \| [\d.]+ \| \d+\.\d\d \| /m);
});
