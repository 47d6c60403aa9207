import { arrayAt, isObject, type Json, type JsonObject } from "../../json/json.ts";

/** Members that hold an error, or its words, in the envelopes of one vendor or another. */
const MEMBERS = [
  "error",
  "message",
  "Message",
  "detail",
  "msg",
  "error_description",
  "title",
] as const;

/**
 * The words of an error in an envelope that is not the dialect's own, such as that of a proxy in
 * front of the vendor: a text or an object at one of the usual members, or the first of `errors`.
 * "": there are none.
 */
export function foreignWords(json: JsonObject): string {
  return wordsOf(json, 3);
}

function wordsOf(json: Json | undefined, depth: number): string {
  if (typeof json === "string") return json;
  if (!isObject(json) || depth === 0) return "";
  for (const member of MEMBERS) {
    const words = wordsOf(json[member], depth - 1);
    if (words !== "") return words;
  }
  return wordsOf(arrayAt(json, "errors")?.[0], depth - 1);
}
