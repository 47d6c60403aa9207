import { createHash } from "node:crypto";

/**
 * The signature the simulated vendor puts on a thinking text, and the only one it accepts back for
 * it.
 */
export function thinkingSignature(thinking: string): string {
  return createHash("sha512").update(`thinking:${thinking}`).digest("base64");
}

/** The payload of every redacted_thinking block, and the only one accepted back. */
export const redactedThinkingData: string = createHash("sha512")
  .update("redacted")
  .digest("base64");
