import type { Reasoning } from "../../../gen/parlance/chat/v1/part_pb.js";
import { isObject, parseJson, stringAt } from "../../json/json.ts";

/** Begins a text of a client's own dialect that holds another dialect's proof of reasoning. */
export const SEAL_PREFIX = "parlance.";

/** The proof that a call of a tool carries itself, as Gemini's do. */
export interface CallProof {
  readonly toolCallId: string;
  readonly signature: string;
}

/** What a seal of ours holds. */
export type Unsealed =
  | { readonly kind: "reasoning"; readonly reasoning: Reasoning }
  | { readonly kind: "call"; readonly proof: CallProof }
  | { readonly kind: "search" };

/**
 * Wraps another dialect's reasoning, with its signature or what is encrypted, in a text that a
 * client takes for its own dialect's proof and sends back unread, so that a conversation keeps its
 * proofs through a client that knows only one dialect.
 */
export function seal({ dialect, encrypted, signature, text, id, summaries }: Reasoning): string {
  return wrap({ dialect, encrypted, signature, text, id, summaries });
}

/** As seal, for the signature of a tool call. */
export function sealCall({ toolCallId, signature }: CallProof): string {
  return wrap({ call: toolCallId, signature });
}

/** The id of a search that another vendor made, by which the client's own vendor is spared it. */
export function sealSearch(id: string): string {
  return wrap({ search: id });
}

/** Reads what seal, sealCall and sealSearch wrote; undefined for any other text. */
export function unseal(encrypted: string): Unsealed | undefined {
  if (!encrypted.startsWith(SEAL_PREFIX)) return undefined;
  const parsed = parseJson(Buffer.from(encrypted.slice(SEAL_PREFIX.length), "base64url"));
  if (!parsed.ok || !isObject(parsed.value)) return undefined;
  const json = parsed.value;
  const signature = stringAt(json, "signature") ?? "";
  if (json.search !== undefined) return { kind: "search" };
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
      summaries: Array.isArray(summaries)
        ? summaries.filter((summary) => typeof summary === "string")
        : [],
      id: stringAt(json, "id") ?? "",
      dialect: stringAt(json, "dialect") ?? "",
    },
  };
}

/** Members that are empty are left out. */
function wrap(content: Readonly<Record<string, string | readonly string[]>>): string {
  const filled = Object.entries(content).filter(([, value]) => value.length > 0);
  return (
    SEAL_PREFIX + Buffer.from(JSON.stringify(Object.fromEntries(filled))).toString("base64url")
  );
}
