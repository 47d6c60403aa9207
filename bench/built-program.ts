import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { bundleServer } from "../scripts/bundle-server.ts";

/**
 * Builds the published program into an empty part of a folder, with what lies beside it in a
 * package. Resolves with the path of its main module.
 */
export async function buildProgram(workFolder: string): Promise<string> {
  const root = join(workFolder, "built");
  mkdirSync(root);
  const repository = resolve(import.meta.dirname, "..");
  for (const name of ["gen", "node_modules"]) symlinkSync(join(repository, name), join(root, name));
  writeFileSync(join(root, "package.json"), '{"type":"module"}');
  const folder = join(root, "dist/server");
  await bundleServer(folder);
  return join(folder, "main.js");
}
