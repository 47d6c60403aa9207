import { isObject, type Json, type JsonObject } from "../../json/json.ts";

/**
 * What the answer says with which a body's conversation ends, for its model to go on with; the body
 * is of any dialect. Undefined where it ends otherwise, or with something else than words, such as
 * a call. Looks at the last turn alone.
 */
export function prefillOf({ messages, contents, input }: JsonObject): string | undefined {
  const turns = messages ?? contents ?? input;
  const last = Array.isArray(turns) ? turns.at(-1) : undefined;
  return isObject(last) ? wordsOf(last) : undefined;
}

function wordsOf({ role, content, parts, tool_calls: calls }: JsonObject): string | undefined {
  if (role !== "assistant" && role !== "model") return undefined;
  if (Array.isArray(calls) && calls.length > 0) return undefined;
  const said: Json | undefined = content ?? parts;
  if (typeof said === "string") return said;
  const last = Array.isArray(said) ? said.at(-1) : undefined;
  return isObject(last) && typeof last.text === "string" ? last.text : undefined;
}
