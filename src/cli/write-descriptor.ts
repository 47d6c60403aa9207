import { write } from "node:fs";

/** How long to wait when a descriptor takes nothing for the moment. */
const retryMs = 10;

/**
 * Writes all of a text to a file descriptor in a thread of its own: unlike a stream of node, a full pipe does not hold up
 * the process (https://nodejs.org/api/process.html#a-note-on-process-io). Rejects with the system's error.
 */
export async function writeDescriptor(descriptor: number, text: string): Promise<void> {
  const bytes = Buffer.from(text);
  let written = 0;
  while (written < bytes.length) {
    const count = await writeSome(descriptor, bytes.subarray(written));
    if (count === 0) await new Promise((resolve) => setTimeout(resolve, retryMs));
    written += count;
  }
}

function writeSome(descriptor: number, bytes: Uint8Array): Promise<number> {
  return new Promise((resolve, reject) => {
    write(descriptor, bytes, (error, count) => {
      if (error === null) resolve(count);
      else if (error.code === "EAGAIN") resolve(0);
      else reject(error);
    });
  });
}
