import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { expect, it } from "vitest";

it("the cost of metrics is measured", { timeout: 120_000 }, async () => {
  const run = promisify(execFile);
  const { stdout } = await run(process.execPath, ["bench/observe-metrics.ts", "--smoke"]);
  expect(stdout).toMatch(/^\| 1 KB, one dialect \| \d+ \| \d+ \| \d+\.\d\d \| /m);
});
