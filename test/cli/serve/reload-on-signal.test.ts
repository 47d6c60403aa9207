import { join } from "node:path";
import { expect, it, vi } from "vitest";
import { startIn } from "../shell.ts";
import { folderWith } from "../spawn-parlance.ts";

it("signals that come together are answered by one reading after all of them", async () => {
  const path = join(
    folderWith({ "parlance.yaml": "providers: { sim: { kind: sim } }\n" }),
    "parlance.yaml",
  );
  const { ran, printed, signal } = startIn([
    "serve",
    "--port",
    "0",
    "--log",
    "none",
    "--config",
    path,
  ]);
  const times = (pattern: RegExp) => printed.stderr.match(pattern)?.length ?? 0;
  await vi.waitFor(() => expect(times(/listens on/g)).toBe(1), {
    timeout: 50_000,
  });
  for (let signals = 0; signals < 50; signals++) signal("SIGHUP");
  await vi.waitFor(() => expect(times(/is in force/g)).toBe(2), { timeout: 50_000 });
  signal("SIGHUP");
  await vi.waitFor(() => expect(times(/is in force/g)).toBe(3), { timeout: 50_000 });
  signal("SIGTERM");
  await ran;
  expect(times(/is in force/g)).toBe(3);
}, 60_000);
