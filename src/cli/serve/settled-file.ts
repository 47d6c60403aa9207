import type { ConfigFile } from "../config-file.ts";

/** How long a file must stay as it is, in milliseconds. */
const pauseMs = 100;

/** How often it is waited for that. */
const maxPauses = 20;

/**
 * Reads a config file that may be in the middle of being written: again and again until two
 * readings 100 ms apart are the same, for 2 s at most. A writer that pauses for longer looks like
 * one that is done.
 */
export async function readSettled(
  read: () => ConfigFile,
  wait: (milliseconds: number) => Promise<void>,
): Promise<ConfigFile> {
  let last = read();
  for (let pauses = 0; pauses < maxPauses; pauses++) {
    await wait(pauseMs);
    const next = read();
    if (isSame(last, next)) return next;
    last = next;
  }
  if (!last.ok) return last;
  const seconds = (pauseMs * maxPauses) / 1000;
  const message = `${last.source.filename}: the file was still being written after ${seconds} s`;
  return { ok: false, message: `${message}: write it under another name, then rename it` };
}

function isSame(one: ConfigFile, other: ConfigFile): boolean {
  if (one.ok && other.ok) return one.source.text === other.source.text;
  return !one.ok && !other.ok && one.message === other.message;
}
