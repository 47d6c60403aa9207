import { mkdir, rename, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { FileStore } from "./files-place.ts";

/**
 * Puts files into a folder. A file has its name once it is whole and on disk; what a process that
 * was killed did not finish ends in `.new`.
 */
export function folderStore(folder: string): FileStore {
  return {
    async put(name, bytes, signal) {
      const path = join(folder, name);
      await mkdir(dirname(path), { recursive: true, mode: 0o700 });
      await writeFile(`${path}.new`, bytes, { mode: 0o600, flush: true, signal });
      await rename(`${path}.new`, path);
      return undefined;
    },
  };
}
