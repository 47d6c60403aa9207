import { createHash } from "node:crypto";

/**
 * The encrypted form of a reasoning, as the simulated vendor gives it out, and the only one it
 * takes back.
 */
export function encryptedReasoning(text: string): string {
  return `gAAAAAB${createHash("sha512").update(`reasoning:${text}`).digest("base64url")}`;
}
