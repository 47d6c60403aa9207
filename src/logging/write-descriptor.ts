import { write } from "node:fs";

/** What became of a text that was to be written. */
export interface Written {
  /** How many bytes of the text were taken: all of them, unless there is an error. */
  readonly bytes: number;
  /** The system's error. Absent: all is written. */
  readonly error?: NodeJS.ErrnoException;
}

/** How long to wait when a descriptor takes nothing for the moment. */
const retryMs = 10;

/**
 * Writes a text to a file descriptor in a thread of its own: unlike a stream of node, a full pipe
 * does not hold up the process (https://nodejs.org/api/process.html#a-note-on-process-io). Never
 * rejects.
 */
export async function writeDescriptor(descriptor: number, text: string): Promise<Written> {
  const buffer = Buffer.from(text);
  let bytes = 0;
  while (bytes < buffer.length) {
    const some = await writeSome(descriptor, buffer.subarray(bytes));
    if (some.error !== undefined) return { bytes, error: some.error };
    if (some.bytes === 0) await new Promise((resolve) => setTimeout(resolve, retryMs));
    bytes += some.bytes;
  }
  return { bytes };
}

function writeSome(descriptor: number, bytes: Uint8Array): Promise<Written> {
  return new Promise((resolve) => {
    write(descriptor, bytes, (error, count) => {
      if (error === null) resolve({ bytes: count });
      else resolve(error.code === "EAGAIN" ? { bytes: 0 } : { bytes: 0, error });
    });
  });
}
