import { isObject, type Json, type JsonObject } from "../../json/json.ts";

/**
 * Whether a body of one of OpenAI's dialects declares or calls custom tools, or tools of a
 * namespace.
 */
export function holdsToolForms({ tools, messages, input }: JsonObject): boolean {
  return holds(tools, isOwn) || holds(input, isOwnItem) || holds(messages, callsOwn);
}

function isOwn({ type }: JsonObject): boolean {
  return type === "custom" || type === "namespace";
}

function isOwnItem({ type, namespace, tools }: JsonObject): boolean {
  return type === "custom_tool_call" || typeof namespace === "string" || holds(tools, isOwn);
}

function callsOwn({ tool_calls: calls }: JsonObject): boolean {
  return holds(calls, isOwn);
}

function holds(list: Json | undefined, test: (item: JsonObject) => boolean): boolean {
  return Array.isArray(list) && list.some((item) => isObject(item) && test(item));
}
