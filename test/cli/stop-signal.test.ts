import { join } from "node:path";
import { expect, it, vi } from "vitest";
import type { SignalName } from "../../src/cli/shell.ts";
import { startIn } from "./shell.ts";
import { folderWith } from "./spawn-parlance.ts";

const cases: readonly (readonly [
  title: string,
  signals: readonly SignalName[],
  exits: readonly number[],
])[] = [
  ["an interrupt that arrives twice at once, as npm delivers it, is one", ["SIGINT", "SIGINT"], []],
  ["a second SIGTERM ends the process at once", ["SIGTERM", "SIGTERM"], [1]],
  ["a SIGTERM after an interrupt ends the process at once", ["SIGINT", "SIGTERM"], [1]],
];

for (const [title, signals, exits] of cases) {
  it(title, async () => {
    const folder = folderWith({
      "parlance.yaml": "providers: { sim: { kind: sim } }\nserver: { drain_delay: 0s }\n",
    });
    const running = startIn(["serve", "--port", "0", "--config", join(folder, "parlance.yaml")]);
    await vi.waitUntil(() => running.printed.stderr.includes("try it:"), { timeout: 50_000 });
    for (const signal of signals) running.signal(signal);
    expect(running.exits).toEqual(exits);
    expect((await running.ran).code).toBe(0);
  });
}
