import { createHash } from "node:crypto";
import { asObject, asString, type JsonObject } from "../json-value.ts";

/**
 * The signature of every thought of the simulated vendor. It accepts no other, but for
 * `dummySignature`.
 */
export const thoughtSignature: string = createHash("sha512").update("thought").digest("base64");

/**
 * What a caller sends for a call that no Gemini model made:
 * https://ai.google.dev/gemini-api/docs/thought-signatures (2026-11). The vendor then checks
 * nothing.
 */
export const dummySignature = "skip_thought_signature_validator";

/** The first fault in the signatures of a conversation, or undefined. */
export function validateSignatures(
  contents: readonly JsonObject[],
  demanded: boolean,
): string | undefined {
  for (const [index, content] of contents.entries()) {
    if (content.role !== "model") continue;
    const parts = partsOf(content);
    const forged = parts.find(
      ({ thoughtSignature: sent }) => sent !== undefined && !isAccepted(asString(sent)),
    );
    if (forged !== undefined) return "Corrupted thought signature.";
    const call = parts.findIndex(({ functionCall }) => functionCall !== undefined);
    const unsigned = call >= 0 && parts[call]?.thoughtSignature === undefined;
    if (demanded && unsigned && isCurrent(contents, index)) {
      const name = asString(asObject(parts[call]?.functionCall)?.name);
      return `Function call is missing a thought_signature in functionCall parts. This is required for tools to work correctly, and missing thought_signature may lead to degraded model performance. Additional data, function call \`default_api:${name}\` , position ${index + 1}. Please refer to https://ai.google.dev/gemini-api/docs/thought-signatures for more details.`;
    }
  }
  return undefined;
}

function isAccepted(signature: string | undefined): boolean {
  return signature === thoughtSignature || signature === dummySignature;
}

/**
 * The current turn begins with the last message of a user that is more than results of functions.
 */
function isCurrent(contents: readonly JsonObject[], index: number): boolean {
  const start = contents.findLastIndex(
    (content) =>
      content.role !== "model" &&
      partsOf(content).some(({ functionResponse }) => functionResponse === undefined),
  );
  return index > start;
}

function partsOf(content: JsonObject): readonly JsonObject[] {
  return Array.isArray(content.parts) ? content.parts.map((part) => asObject(part) ?? {}) : [];
}
