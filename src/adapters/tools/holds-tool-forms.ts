import { asBuffer, isObject, type Json, type JsonObject, parseJson } from "../../json/json.ts";

/**
 * Whether a body of one of OpenAI's dialects declares or calls custom tools, or tools of a
 * namespace. A native search for the words settles it for all others.
 */
export function holdsToolForms(body: Uint8Array): boolean {
  const bytes = asBuffer(body);
  if (!WORDS.some((word) => bytes.includes(word))) return false;
  const parsed = parseJson(body);
  if (!parsed.ok || !isObject(parsed.value)) return false;
  const { tools, messages, input } = parsed.value;
  return (
    objectsOf(tools).some(isOwn) ||
    objectsOf(input).some(isOwnItem) ||
    objectsOf(messages).some(({ tool_calls }) => objectsOf(tool_calls).some(isOwn))
  );
}

const WORDS = ['"custom"', '"custom_tool_call"', '"namespace"'] as const;

function isOwn({ type }: JsonObject): boolean {
  return type === "custom" || type === "namespace";
}

function isOwnItem({ type, namespace, tools }: JsonObject): boolean {
  return (
    type === "custom_tool_call" || typeof namespace === "string" || objectsOf(tools).some(isOwn)
  );
}

function objectsOf(list: Json | undefined): readonly JsonObject[] {
  return Array.isArray(list) ? list.filter(isObject) : [];
}
