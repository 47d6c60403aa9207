import { spawnSync } from "node:child_process";
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

/** A copy of the sources that a test may change. */
export interface ScratchCopy {
  /** Adds a file. Throws where there is one. */
  add(path: string, text: string): void;
  /** Puts text behind the first match of a pattern. Throws where nothing matches. */
  insert(path: string, after: RegExp, text: string): void;
  /** Runs a program of the repository; gives what it printed, and throws where it failed. */
  run(program: string, args: readonly string[]): string;
  /** The files that were added or changed, sorted. */
  touched(): readonly string[];
  remove(): void;
}

/** Copies what the sources need to be generated, compiled and run. */
export function createScratchCopy(): ScratchCopy {
  const root = mkdtempSync(join(tmpdir(), "parlance-scratch-"));
  for (const path of ["package.json", "tsconfig.json", "buf.yaml", "proto", "gen", "src"])
    cpSync(path, join(root, path), { recursive: true });
  symlinkSync(join(process.cwd(), "node_modules"), join(root, "node_modules"));
  const touched = new Set<string>();
  return {
    add(path, text) {
      const file = join(root, path);
      if (existsSync(file)) throw new Error(`${path} is there already`);
      mkdirSync(dirname(file), { recursive: true });
      writeFileSync(file, text);
      touched.add(path);
    },
    insert(path, after, text) {
      const file = join(root, path);
      const before = readFileSync(file, "utf8");
      const match = after.exec(before);
      if (match === null) throw new Error(`${path}: nothing matches ${after}`);
      const end = match.index + match[0].length;
      writeFileSync(file, before.slice(0, end) + text + before.slice(end));
      touched.add(path);
    },
    run(program, args) {
      const { status, stdout, stderr, error } = spawnSync(
        join(process.cwd(), "node_modules/.bin", program),
        args,
        { cwd: root, encoding: "utf8", maxBuffer: 16 << 20 },
      );
      if (status !== 0)
        throw new Error(`${program} failed: ${stdout}\n${stderr}`, { cause: error });
      return stdout;
    },
    touched: () => [...touched].sort(),
    remove: () => rmSync(root, { recursive: true, force: true }),
  };
}
