/**
 * Whether data are `[DONE]`: the end of a stream in one dialect, with which servers of others end
 * as well.
 */
export function isDone(data: Uint8Array): boolean {
  if (data[0] !== 0x5b || data.length > 16) return false;
  return Buffer.from(data).toString("latin1").trim() === "[DONE]";
}
