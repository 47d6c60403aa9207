import type { Reasoning, ToolCall } from "../../../gen/parlance/chat/v1/part_pb.js";
import type { Json, JsonObject } from "../../json/json.ts";
import { isObject, stringAt } from "../../json/json.ts";
import type { Body } from "../../json/members.ts";
import { seal, sealCall, type Unsealed, unseal } from "../shared/sealed-reasoning.ts";
import { DIALECT } from "./wire.ts";

/**
 * Whether the vendor itself can prove reasoning; what names no dialect is taken at its word where
 * it has a proof.
 */
export function isOwnProof({
  dialect,
  signature,
  encrypted,
}: Pick<Reasoning, "dialect" | "signature" | "encrypted">) {
  return dialect === DIALECT || (dialect === "" && (signature !== "" || encrypted !== ""));
}

/**
 * The `signature` of thinking that another vendor made, or nobody signed: the client sends it back
 * unread, so that the proof reaches who made it, and nobody else takes it for a signature. The
 * words are left out where the block tells them.
 */
export function sealThinking(reasoning: Reasoning): string {
  return seal({ ...reasoning, text: "" });
}

/**
 * A block that holds the proof of a tool call, which this dialect has no place for; undefined where
 * there is none.
 */
export function encodeCallProof({
  id,
  signature,
}: Pick<ToolCall, "id" | "signature">): Body | undefined {
  return signature === ""
    ? undefined
    : { type: "redacted_thinking", data: sealCall({ toolCallId: id, signature }) };
}

/**
 * What a block of a client holds that was sealed: thinking, the proof of a call, or a search that
 * another vendor made; undefined for any other block.
 */
export function unsealBlock(block: Json): Unsealed | undefined {
  if (!isObject(block)) return undefined;
  const unsealed = unseal(proofOf(block) ?? "");
  if (unsealed?.kind !== "reasoning") return unsealed;
  const { reasoning } = unsealed;
  const text = reasoning.summaries.length > 0 ? "" : (stringAt(block, "thinking") ?? "");
  return { kind: "reasoning", reasoning: { ...reasoning, text } };
}

function proofOf(block: JsonObject): string | undefined {
  switch (block.type) {
    case "thinking":
      return stringAt(block, "signature");
    case "redacted_thinking":
      return stringAt(block, "data");
    case "server_tool_use":
      return stringAt(block, "id");
    case "web_search_tool_result":
      return stringAt(block, "tool_use_id");
    default:
      return undefined;
  }
}
