import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import { program } from "./program.ts";

/** What a program printed, and how it ended. */
export interface Finished {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A running program. */
export interface Running {
  readonly child: ChildProcess;
  readonly finished: Promise<Finished>;
  /**
   * Resolves with the first match in what is printed on either output; rejects if the program ends
   * without it.
   */
  printed(pattern: RegExp): Promise<RegExpExecArray>;
}

/** How a program is started. */
export interface SpawnOptions {
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  readonly input?: string;
}

/**
 * Starts `parlance` as it is published, as from a shell, with an environment of its own. It is
 * killed when the test ends.
 */
export function spawnParlance(args: readonly string[], options: SpawnOptions = {}): Running {
  return spawnProgram(process.execPath, [program, ...args], options);
}

/** Starts any program; killed when the test ends. */
export function spawnProgram(
  command: string,
  args: readonly string[],
  options: SpawnOptions = {},
): Running {
  const { PATH = "", HOME = "" } = process.env;
  const child = spawn(command, args, {
    env: { PATH, HOME, ...options.env },
    cwd: options.cwd,
    stdio: "pipe",
  });
  onTestFinished(() => void child.kill("SIGKILL"));
  let stdout = "";
  let stderr = "";
  const watchers = new Set<() => void>();
  const seen = () => {
    for (const watcher of watchers) watcher();
  };
  child.stdout.on("data", (chunk) => {
    stdout += String(chunk);
    seen();
  });
  child.stderr.on("data", (chunk) => {
    stderr += String(chunk);
    seen();
  });
  child.stdin.on("error", () => undefined);
  child.stdin.end(options.input ?? "");
  const finished = new Promise<Finished>((settle) => {
    child.once("close", (code, signal) => settle({ code, signal, stdout, stderr }));
  });
  return {
    child,
    finished,
    printed: (pattern) =>
      new Promise((settle, reject) => {
        const watch = () => {
          const match = pattern.exec(stdout) ?? pattern.exec(stderr);
          if (match === null) return;
          watchers.delete(watch);
          settle(match);
        };
        watchers.add(watch);
        void finished.then(() => reject(new Error(`ended without ${pattern}: ${stdout}${stderr}`)));
        watch();
      }),
  };
}

/** Starts `parlance serve` on a free port; resolves when it listens. */
export async function serve(
  args: readonly string[] = [],
  options: SpawnOptions = {},
): Promise<Running & { readonly url: string }> {
  const running = spawnParlance(["serve", "--port", "0", ...args], options);
  const [, url = ""] = await running.printed(/listens on (\S+)[\s\S]*try it:/);
  return { ...running, url };
}

/** A folder of the test's own with files in it; removed when the test ends. */
export function folderWith(files: Readonly<Record<string, string>>): string {
  const folder = mkdtempSync(join(tmpdir(), "parlance-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
  return folder;
}
