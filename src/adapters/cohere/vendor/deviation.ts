import { isObject, type Json, type JsonObject } from "../../../json/json.ts";
import { contentText } from "../../shared/answers/content-text.ts";

/** The content of an event, which some servers write as a text or as a list. */
export function contentOf(content: Json | undefined): JsonObject {
  return isObject(content) ? content : { text: contentText(content) };
}

/** One call, though the member is called as if it were several; some servers do send a list. */
export function callOf(message: JsonObject): JsonObject {
  const calls = message.tool_calls;
  const call: Json | undefined = Array.isArray(calls) ? calls[0] : calls;
  return isObject(call) ? call : {};
}

/** The arguments of a call as a text, which may be an object or missing. */
export function inputOf({ arguments: input }: JsonObject): string {
  if (typeof input === "string") return input;
  return isObject(input) ? JSON.stringify(input) : "";
}
