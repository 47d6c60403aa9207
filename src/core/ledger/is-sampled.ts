import { crc32 } from "node:zlib";

/**
 * Whether a call is one of so many of 100, by its id alone: all threads and all gateways choose the
 * same calls.
 */
export function isSampled(callId: string, percent: number): boolean {
  return percent >= 100 || crc32(callId) < (percent / 100) * 2 ** 32;
}
