import { createHash } from "node:crypto";
import {
  mkdirSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join, resolve } from "node:path";
import { bundleServer } from "../scripts/bundle-server.ts";

const repository = resolve(import.meta.dirname, "..");
const builds = join(repository, ".tmp/program");

/** What a build is made of. */
const parts = ["src", "gen", "scripts/bundle-server.ts", "package.json", "package-lock.json"];

/** Builds that nothing has used for so long are deleted, in milliseconds: a day. */
const keptMs = 86_400_000;

/**
 * Builds the published program with what lies beside it in a package, unless there is a build of
 * the same sources. Resolves with the path of its main module. Several processes may ask at once.
 */
export async function buildProgram(): Promise<string> {
  const root = join(builds, digestOf(parts));
  const main = join(root, "dist/server/main.js");
  if (isFile(main)) return main;
  forgetOldBuilds();
  const own = `${root}.${process.pid}`;
  mkdirSync(own, { recursive: true });
  for (const name of ["gen", "node_modules"]) symlinkSync(join(repository, name), join(own, name));
  writeFileSync(join(own, "package.json"), '{"type":"module"}');
  await bundleServer(join(own, "dist/server"));
  try {
    renameSync(own, root);
  } catch (error) {
    rmSync(own, { recursive: true });
    // Another process may have been faster.
    if (!isFile(main)) throw error;
  }
  return main;
}

/** Of the names, sizes and times of files: what is written anew has another. */
function digestOf(paths: readonly string[]): string {
  const hash = createHash("sha256");
  for (const path of paths) {
    const whole = join(repository, path);
    const inside = isFile(whole) ? [""] : readdirSync(whole, { recursive: true, encoding: "utf8" });
    for (const name of inside.toSorted()) {
      const { size, mtimeMs } = statSync(join(whole, name));
      hash.update(`${path}/${name} ${size} ${mtimeMs}\n`);
    }
  }
  return hash.digest("hex").slice(0, 16);
}

function isFile(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isFile() === true;
}

function forgetOldBuilds(): void {
  mkdirSync(builds, { recursive: true });
  for (const name of readdirSync(builds)) {
    const { mtimeMs } = statSync(join(builds, name), { throwIfNoEntry: false }) ?? {};
    if (mtimeMs !== undefined && mtimeMs < Date.now() - keptMs)
      rmSync(join(builds, name), { recursive: true, force: true });
  }
}
