import { crc32 } from "node:zlib";

/** The length and the checksum before each record, in bytes. */
export const frameBytes = 8;

/** Longer records are no records of ours. */
export const maxRecordBytes = 64 * 1024 * 1024;

/** Records as a file has them: the length, CRC-32 of what follows, the text. */
export function frameRecords(records: readonly Uint8Array[]): Buffer {
  const bytes = Buffer.allocUnsafe(
    records.reduce((sum, record) => sum + frameBytes + record.length, 0),
  );
  let at = 0;
  for (const record of records) {
    bytes.writeUInt32LE(record.length, at);
    bytes.writeUInt32LE(crc32(record), at + 4);
    bytes.set(record, at + frameBytes);
    at += frameBytes + record.length;
  }
  return bytes;
}

/** Records that were read, and how many bytes they took. */
export interface ReadFrames {
  readonly records: readonly string[];
  readonly bytes: number;
  /** Whether what follows is no record: the file was cut, or changed. */
  readonly damaged: boolean;
}

/** Reads whole records from the beginning of some bytes, at most `max` of them. */
export function readFrames(bytes: Buffer, max: number): ReadFrames {
  const records: string[] = [];
  let at = 0;
  while (records.length < max && at + frameBytes <= bytes.length) {
    const length = bytes.readUInt32LE(at);
    const end = at + frameBytes + length;
    if (length > maxRecordBytes) return { records, bytes: at, damaged: true };
    if (end > bytes.length) break;
    const record = bytes.subarray(at + frameBytes, end);
    if (crc32(record) !== bytes.readUInt32LE(at + 4)) return { records, bytes: at, damaged: true };
    records.push(record.toString());
    at = end;
  }
  return { records, bytes: at, damaged: false };
}
