import { spawnSync } from "node:child_process";
import { copyFileSync, cpSync, globSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { stripRules } from "./strip-rules.ts";

const root = join(import.meta.dirname, "../..");

/**
 * Writes the contract for users into a folder: the .proto files without validation rules, so that
 * they need nothing but Google's own types, with README, LICENSE, buf.yaml and a buf.gen.yaml to
 * start from. Throws where a file cannot be written or formatted.
 */
export function writeTree(folder: string): void {
  for (const path of globSync("parlance/**/*.proto", { cwd: join(root, "proto") })) {
    const target = join(folder, path);
    mkdirSync(dirname(target), { recursive: true });
    writeFileSync(target, stripRules(readFileSync(join(root, "proto", path), "utf8")));
  }
  cpSync(join(import.meta.dirname, "tree"), folder, { recursive: true });
  copyFileSync(join(root, "LICENSE"), join(folder, "LICENSE"));
  run(join(root, "node_modules/.bin/buf"), ["format", "--write", folder], root);
}

/** Packs a folder beside it as `<folder>.tar.gz`, with its own name as the only entry at the top. */
export function packTree(parent: string, name: string): string {
  const file = `${name}.tar.gz`;
  run("tar", ["-czf", file, name], parent);
  return join(parent, file);
}

function run(program: string, args: readonly string[], cwd: string): void {
  const { status, error, stderr } = spawnSync(program, args, { cwd, encoding: "utf8" });
  if (status !== 0) throw new Error(`${program} ${args.join(" ")}: ${error?.message ?? stderr}`);
}
