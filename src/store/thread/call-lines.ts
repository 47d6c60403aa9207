import { isContentLine } from "../../core/ledger/sealed-content.ts";

/** Records of calls as bytes, a line each with its end, and how many they are. None is content. */
export interface CallLines {
  readonly bytes: Uint8Array;
  readonly count: number;
}

/**
 * Records as a store takes them: lines without their ends, of calls and of content, or calls alone
 * as bytes, which are not read until the database gets them.
 */
export type Records = readonly string[] | CallLines;

/** The lines of bytes, without their ends. */
export function linesOf(bytes: Uint8Array): readonly string[] {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString();
  return text.split("\n").slice(0, -1);
}

/** The calls among records. */
export function callsIn(records: Records): CallLines {
  if ("bytes" in records) return records;
  const calls = records.filter((record) => !isContentLine(record));
  return { bytes: Buffer.from(calls.map((call) => `${call}\n`).join("")), count: calls.length };
}

/** The lines of content among records. */
export function contentsIn(records: Records): readonly string[] {
  return "bytes" in records ? [] : records.filter(isContentLine);
}
