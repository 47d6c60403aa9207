import { createHash, randomUUID } from "node:crypto";
import { open, readFile, rename, rm } from "node:fs/promises";
import { dirname } from "node:path";

/** Lines of a file, or why there are none: it is missing, cannot be read, or was changed. */
export type SealedLines =
  | { readonly ok: true; readonly lines: readonly string[] }
  | { readonly ok: false; readonly why: string };

/**
 * Writes lines to a file that only its owner may read, with their SHA-256 as the last line. The
 * file that was there stays until all of the new one is on the disk. Rejects with the system's
 * error.
 */
export async function writeSealed(path: string, lines: AsyncIterable<string>): Promise<void> {
  const next = `${path}.${randomUUID()}.tmp`;
  const hash = createHash("sha256");
  try {
    const file = await open(next, "wx", 0o600);
    try {
      for await (const line of lines) {
        hash.update(`${line}\n`);
        await file.write(`${line}\n`);
      }
      await file.write(`${hash.digest("hex")}\n`);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(next, path);
  } catch (error) {
    await rm(next, { force: true });
    throw error;
  }
  // Else the name itself could be gone after a power cut.
  const folder = await open(dirname(path), "r");
  await folder.sync().finally(() => folder.close());
}

/** Reads the lines of a file, if all of it is as it was written. Never rejects. */
export async function readSealed(path: string): Promise<SealedLines> {
  let text: string;
  try {
    text = await readFile(path, "utf8");
  } catch (error) {
    const isMissing = error instanceof Error && "code" in error && error.code === "ENOENT";
    return { ok: false, why: isMissing ? `there is no ${path}` : String(error) };
  }
  const at = text.lastIndexOf("\n", text.length - 2) + 1;
  const digest = createHash("sha256").update(text.slice(0, at)).digest("hex");
  if (at === 0 || text.slice(at) !== `${digest}\n`) return { ok: false, why: `${path} is damaged` };
  return { ok: true, lines: text.slice(0, at - 1).split("\n") };
}
