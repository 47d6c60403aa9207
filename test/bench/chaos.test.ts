import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { expect, it } from "vitest";

it("a gateway loses no record while its servers come and go", { timeout: 120_000 }, async () => {
  const run = promisify(execFile);
  const { stdout } = await run(process.execPath, ["bench/chaos/main.ts", "--short"]);
  expect(stdout).toMatch(/^outages: \d+ calls answered, 0 records lost, 0 doubled$/m);
  expect(stdout).toMatch(/^kill -9: \d+ calls answered, \d+ records lost, 0 doubled$/m);
  expect(stdout).not.toContain("FAILED");
});
