import { maxTextBytes, type SharedText } from "./state.ts";

/** Words ahead of the text: its version, which is odd while it is written, and its length. */
const versionAt = 0;
const lengthAt = 1;
const headerBytes = 8;

/** How often a text is read again that is being written; the last one known is given then. */
const maxReads = 1_000;

/** Makes the memory of a text, which the system provides as it is used. */
export function createTextMemory(): SharedArrayBuffer {
  return new SharedArrayBuffer(headerBytes + maxTextBytes);
}

/** A text in memory that threads share; `alone` keeps others from writing. */
export function sharedText(buffer: SharedArrayBuffer, alone: <T>(run: () => T) => T): SharedText {
  const words = new Int32Array(buffer, 0, headerBytes / 4);
  const bytes = Buffer.from(buffer, headerBytes);
  const version = () => Atomics.load(words, versionAt);
  let known = { version: 0, text: "" };
  const read = (): string => {
    for (let tries = 0; tries < maxReads; tries += 1) {
      const before = version();
      if (before === known.version) return known.text;
      if (before % 2 !== 0) continue;
      const text = bytes.toString("utf8", 0, Atomics.load(words, lengthAt));
      if (version() !== before) continue;
      known = { version: before, text };
    }
    return known.text;
  };
  return {
    version,
    read,
    update: (change) =>
      alone(() => {
        const text = Buffer.from(change(read()));
        if (text.length > maxTextBytes) return false;
        // A thread that ended while it wrote has left an odd one.
        const begun = version() | 1;
        Atomics.store(words, versionAt, begun);
        bytes.set(text);
        Atomics.store(words, lengthAt, text.length);
        Atomics.store(words, versionAt, (begun + 1) | 0);
        return true;
      }),
  };
}
