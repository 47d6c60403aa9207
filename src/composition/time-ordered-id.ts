import { randomUUID } from "node:crypto";

let lastMs = -1;
let lastPrefix = "";

/**
 * A new UUID of version 7: its beginning is the time, so that ids are in the order in which they
 * were made, and databases add them at the end of an index. The other 74 bits are random.
 *
 * https://www.rfc-editor.org/rfc/rfc9562#section-5.7
 */
export function timeOrderedId(nowMs: number): string {
  if (nowMs !== lastMs) {
    const time = Math.floor(nowMs).toString(16).padStart(12, "0").slice(-12);
    lastMs = nowMs;
    lastPrefix = `${time.slice(0, 8)}-${time.slice(8)}-7`;
  }
  return lastPrefix + randomUUID().slice(15);
}
