import type { Reasoning } from "../../../gen/parlance/chat/v1/part_pb.js";
import { isObject, parseJson, stringAt } from "../../core/json.ts";
import { DIALECT } from "./wire.ts";

/** Begins an `encrypted_content` that holds another dialect's proof of reasoning. */
export const SEAL_PREFIX = "parlance.";

/** The proof that a call of a tool carries itself, as Gemini's do. */
export interface CallProof {
  readonly toolCallId: string;
  readonly signature: string;
}

/** What an `encrypted_content` of ours holds. */
export type Unsealed =
  | { readonly kind: "reasoning"; readonly reasoning: Reasoning }
  | { readonly kind: "call"; readonly proof: CallProof };

/**
 * What a client gets as `encrypted_content`, which it sends back unread. The dialect's own goes as it is. Another dialect's
 * signature or encrypted reasoning is wrapped, with the words it signs, so that a conversation keeps its
 * proofs through a client that knows only this dialect. "": there is nothing to prove.
 */
export function sealReasoning(reasoning: Reasoning): string {
  const { dialect, encrypted, signature, text, id, summaries } = reasoning;
  if (encrypted === "" && signature === "") return "";
  if ((dialect === DIALECT || dialect === "") && signature === "") return encrypted;
  return seal({ dialect, encrypted, signature, text, id, summaries });
}

/** As sealReasoning, for the signature of a tool call. */
export function sealCall({ toolCallId, signature }: CallProof): string {
  return seal({ call: toolCallId, signature });
}

/** Reads what sealReasoning and sealCall wrote; undefined for any other text. */
export function unseal(encrypted: string): Unsealed | undefined {
  if (!encrypted.startsWith(SEAL_PREFIX)) return undefined;
  const parsed = parseJson(Buffer.from(encrypted.slice(SEAL_PREFIX.length), "base64url"));
  if (!parsed.ok || !isObject(parsed.value)) return undefined;
  const json = parsed.value;
  const signature = stringAt(json, "signature") ?? "";
  const call = stringAt(json, "call");
  if (call !== undefined) return { kind: "call", proof: { toolCallId: call, signature } };
  const summaries = json.summaries;
  return {
    kind: "reasoning",
    reasoning: {
      $typeName: "parlance.chat.v1.Reasoning",
      text: stringAt(json, "text") ?? "",
      signature,
      encrypted: stringAt(json, "encrypted") ?? "",
      summaries: Array.isArray(summaries) ? summaries.filter((summary) => typeof summary === "string") : [],
      id: stringAt(json, "id") ?? "",
      dialect: stringAt(json, "dialect") ?? "",
    },
  };
}

function seal(content: Readonly<Record<string, string | readonly string[]>>): string {
  return SEAL_PREFIX + Buffer.from(JSON.stringify(content)).toString("base64url");
}
