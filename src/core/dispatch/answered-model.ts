import type { Message } from "@bufbuild/protobuf";
import type { JsonText } from "../../json/json-text.ts";

/** The model that a decoded answer names; "": it names none. */
export function modelOf(result: Message): string {
  return "model" in result && typeof result.model === "string" ? result.model : "";
}

/** What vendors call the model that answered, in the root of their answers. */
const members = ["model", "modelVersion"] as const;

/** Longer names than this are none. */
const maxBytes = 512;

/**
 * The model that an answer names that passes as it came; "": it names none. Where nobody has parsed
 * it, the last member of this name is taken, which costs no more than to find it.
 */
export function modelIn(text: JsonText): string {
  const parsed = text.parsedObject();
  for (const member of members) {
    const value = parsed === undefined ? lastText(text.bytes, member) : parsed[member];
    if (typeof value === "string" && value.length <= maxBytes) return value;
  }
  return "";
}

function lastText(bytes: Buffer, member: string): string | undefined {
  const at = bytes.lastIndexOf(`"${member}"`);
  if (at < 0) return undefined;
  const after = bytes.subarray(at, at + member.length + maxBytes + 16).toString("utf8");
  return named.exec(after)?.[1];
}

/** A name without escapes, as all names of models are. */
const named = /^"\w+"\s{0,4}:\s{0,4}"([^"\\]+)"/;
