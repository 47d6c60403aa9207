import type { Chat } from "../../../gen/parlance/chat/v1/chat_pb.js";
import type { JsonAnswer } from "../../core/emulation.ts";
import { isObject, type Json, type JsonObject, parseJson } from "../../json/json.ts";

/**
 * How an answer in JSON is emulated where only some schemas can be enforced: those that `enforced`
 * accepts, beside their `strict`. JSON of no schema is requested in the prompt, for a tool without
 * named arguments is called with none.
 */
export function jsonAnswerFor(
  { responseFormat }: Chat,
  enforced: (schema: JsonObject, strict: boolean) => boolean,
): JsonAnswer | undefined {
  const format = responseFormat?.format;
  if (format?.case === "jsonObject") return "prompt";
  if (format?.case !== "jsonSchema") return undefined;
  const { schemaJson, strict } = format.value;
  if (schemaJson === "") return "prompt";
  const parsed = parseJson(schemaJson);
  // What is no schema at all is refused by the encoder.
  if (!parsed.ok || !isObject(parsed.value)) return undefined;
  return enforced(parsed.value, strict === true) ? undefined : "tool";
}

/** Whether Claude, and what Bedrock serves likewise, can be bound to a schema. */
export function bindsTo(
  { structuredOutput }: { readonly structuredOutput: boolean },
  schema: JsonObject,
  strict: boolean,
): boolean {
  return structuredOutput && (strict || isClosed(schema));
}

/** Whether every object schema in it says `additionalProperties: false`. */
function isClosed(schema: Json): boolean {
  if (Array.isArray(schema)) return schema.every(isClosed);
  if (!isObject(schema)) return true;
  const isObjectSchema = schema.type === "object" || isObject(schema.properties);
  if (isObjectSchema && schema.additionalProperties !== false) return false;
  return Object.values(schema).every((value) => value === undefined || isClosed(value));
}
