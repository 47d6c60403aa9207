import { isObject, type Json, stringAt } from "../../../json/json.ts";

/**
 * The words of a content that should be a text and may be a list of texts, as other dialects have
 * it. "": there are none.
 */
export function contentText(content: Json | undefined): string {
  if (typeof content === "string") return content;
  if (!Array.isArray(content)) return "";
  return content.map((part) => (isObject(part) ? (stringAt(part, "text") ?? "") : "")).join("");
}
