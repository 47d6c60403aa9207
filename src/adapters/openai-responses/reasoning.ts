import type { Reasoning } from "../../../gen/parlance/chat/v1/part_pb.js";
import { arrayAt, isObject, type JsonObject, stringAt } from "../../json/json.ts";
import type { Writable } from "../../json/write.ts";
import { DIALECT } from "./wire.ts";

/**
 * A `reasoning` item. See https://platform.openai.com/docs/guides/reasoning, and the raw `content`
 * of open models.
 */
export function decodeReasoning(json: JsonObject): Reasoning {
  const encrypted = stringAt(json, "encrypted_content") ?? "";
  const id = stringAt(json, "id") ?? "";
  return {
    $typeName: "parlance.chat.v1.Reasoning",
    text: textsOf(json, "content").join(""),
    signature: stringAt(json, "signature") ?? "",
    encrypted,
    summaries: textsOf(json, "summary"),
    id,
    dialect: encrypted === "" && id === "" ? "" : DIALECT,
  };
}

/** The texts of a list of summary or content parts. */
export function textsOf(json: JsonObject, key: "summary" | "content"): string[] {
  return (arrayAt(json, key) ?? []).flatMap((part) => {
    const text = isObject(part) ? stringAt(part, "text") : undefined;
    return text === undefined ? [] : [text];
  });
}

/** A `summary_text` part. */
export function summaryPart(text: string): Writable {
  return { type: "summary_text", text };
}

/** A `reasoning_text` part. */
export function reasoningPart(text: string): Writable {
  return { type: "reasoning_text", text };
}
