import type { Reasoning, ToolCall } from "../../../gen/parlance/chat/v1/part_pb.js";
import { isObject, type Json, type JsonObject, objectAt, stringAt } from "../../json/json.ts";
import type { Writable } from "../../json/write.ts";
import { seal, sealCall, type Unsealed, unseal } from "../shared/sealed-reasoning.ts";
import { DIALECT } from "./wire.ts";

type Proof = Pick<Reasoning, "dialect" | "signature" | "encrypted">;

/** Whether reasoning needs no seal, for the vendor itself signed or encrypted it. */
export function isOwnProof({ dialect, signature, encrypted }: Proof): boolean {
  return dialect === DIALECT || (dialect === "" && (signature !== "" || encrypted !== ""));
}

/** The signature that holds the proof of another dialect. The words are left out. */
export function sealThinking(reasoning: Reasoning): string {
  return seal({ ...reasoning, text: "" });
}

/** A block that holds the proof of a tool call; undefined where there is none. */
export function encodeCallProof({
  id,
  signature,
}: Pick<ToolCall, "id" | "signature">): Writable | undefined {
  if (signature === "") return undefined;
  const proof = sealCall({ toolCallId: id, signature });
  return { reasoningContent: { reasoningText: { text: "", signature: proof } } };
}

/** What a block of reasoning holds that was sealed; undefined for any other block. */
export function unsealBlock(block: Json): Unsealed | undefined {
  const content = isObject(block) ? objectAt(block, "reasoningContent") : undefined;
  const text = content === undefined ? undefined : objectAt(content, "reasoningText");
  const unsealed = unseal((text && stringAt(text, "signature")) ?? "");
  if (text === undefined || unsealed?.kind !== "reasoning") return unsealed;
  const { reasoning } = unsealed;
  const words = reasoning.summaries.length > 0 ? "" : (stringAt(text, "text") ?? "");
  return { kind: "reasoning", reasoning: { ...reasoning, text: words } };
}

/** Whether a block of reasoning holds what is known here. */
export function isKnownReasoning(content: JsonObject): boolean {
  return (
    objectAt(content, "reasoningText") !== undefined ||
    stringAt(content, "redactedContent") !== undefined
  );
}
