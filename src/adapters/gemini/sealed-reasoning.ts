import type { ReasoningDelta } from "../../../gen/parlance/chat/v1/event_pb.js";
import type { Reasoning } from "../../../gen/parlance/chat/v1/part_pb.js";
import { LAST_SUMMARY } from "../../events/answer-limits.ts";
import type { Json, JsonObject } from "../../json/json.ts";
import { isObject, stringAt } from "../../json/json.ts";
import type { Body } from "../../json/members.ts";
import { SEAL_PREFIX, seal, unseal } from "../shared/sealed-reasoning.ts";
import { DIALECT } from "./wire.ts";

/** Begins every sealed signature: the prefix of a seal in base64, which is whole groups of it. */
export const SEALED_SIGNATURE: string = Buffer.from(SEAL_PREFIX).toString("base64");

/**
 * The `thoughtSignature` of a thought. The dialect's own goes as it is. Another dialect's
 * signature, encrypted reasoning or id is sealed, for the client sends it back unread; as base64,
 * for clients of typed languages decode the member as bytes. Words that the part itself tells are
 * left out of the seal. "": there is nothing to prove.
 */
export function signThought(reasoning: Reasoning): string {
  const { dialect, signature, encrypted, id } = reasoning;
  if (dialect === DIALECT) return signature;
  if (signature === "" && encrypted === "" && id === "") return "";
  return Buffer.from(seal({ ...reasoning, text: "" })).toString("base64");
}

/** What a part's signature holds that was sealed, without words; undefined for the vendor's own. */
export function unsealSignature(signature: string): Reasoning | undefined {
  if (!signature.startsWith(SEALED_SIGNATURE)) return undefined;
  const unsealed = unseal(Buffer.from(signature, "base64").toString());
  return unsealed?.kind === "reasoning" ? unsealed.reasoning : undefined;
}

/**
 * Sealed reasoning with the words of its part; where they were summaries, these are in the seal.
 */
export function withWords(reasoning: Reasoning, text: string): Reasoning {
  return { ...reasoning, text: reasoning.summaries.length > 0 ? "" : text };
}

/**
 * What a part of a client has of a seal: none, its own, or that of the thoughts before it, which
 * were streamed in pieces.
 */
export type SealKind = "none" | "own" | "closing";

/** Tells which. */
export function sealOf(part: Json): SealKind {
  if (!isObject(part) || unsealSignature(signatureOf(part) ?? "") === undefined) return "none";
  return part.thought === true && (stringAt(part, "text") ?? "") === "" ? "closing" : "own";
}

/** The signature of a part, in either spelling. */
export function signatureOf(part: JsonObject): string | undefined {
  return stringAt(part, "thoughtSignature") ?? stringAt(part, "thought_signature");
}

/**
 * Another dialect's reasoning that is being streamed: its text is sent at once, its proof at its
 * end. Changed in place.
 */
export interface OpenThought {
  readonly part: number;
  readonly reasoning: Reasoning;
  /** Whether text was sent. */
  worded: boolean;
}

/** A thought of which nothing was sent. */
export function beginThought(part: number): OpenThought {
  return {
    part,
    reasoning: {
      $typeName: "parlance.chat.v1.Reasoning",
      text: "",
      signature: "",
      encrypted: "",
      summaries: [],
      id: "",
      dialect: "",
    },
    worded: false,
  };
}

/** Adds a delta to a thought. */
export function addToThought(thought: OpenThought, delta: ReasoningDelta): void {
  const { reasoning } = thought;
  reasoning.signature += delta.signature;
  reasoning.encrypted += delta.encrypted;
  addSummary(reasoning.summaries, delta.summary, delta.summaryIndex);
  if (delta.id !== "") reasoning.id = delta.id;
  if (delta.dialect !== "") reasoning.dialect = delta.dialect;
  thought.worded ||= delta.text !== "" || delta.summary !== "";
}

/**
 * The part that ends a streamed thought with its proof; undefined where there is nothing to prove.
 */
export function closeThought({ reasoning, worded }: OpenThought): Body | undefined {
  const signature = reasoning.dialect === DIALECT ? "" : signThought(reasoning);
  if (signature === "") return undefined;
  return { text: "", ...(worded ? { thought: true } : undefined), thoughtSignature: signature };
}

/** A summary goes on until another index comes. */
function addSummary(summaries: string[], summary: string, index: number | undefined): void {
  if (summary === "") return;
  const at = Math.min(index ?? Math.max(0, summaries.length - 1), LAST_SUMMARY);
  while (summaries.length <= at) summaries.push("");
  summaries[at] += summary;
}
