import type { EmbedResult } from "../../../../gen/parlance/embed/v1/embedding_pb.js";
import type { Decoded } from "../../../core/dialect.ts";
import type { Json, JsonObject } from "../../../json/json.ts";
import type { JsonText } from "../../../json/json-text.ts";

/**
 * How many vectors a request is for, by the members that hold its inputs: each element of a list is
 * one input, and any other value is one, a list of token ids included. At least 1.
 */
export function inputCount(request: JsonObject, members: readonly string[]): number {
  const count = members.reduce((sum, member) => sum + countIn(request[member]), 0);
  return Math.max(1, count);
}

function countIn(value: Json | undefined): number {
  if (value === undefined || value === null) return 0;
  return Array.isArray(value) && typeof value[0] !== "number" ? value.length : 1;
}

/**
 * Whether a body that passes holds a vector for each input, for callers pair them by their places.
 * What cannot be decoded is left to whoever reads it.
 */
export function holdsVectors(
  answer: JsonText,
  decode: (json: Json) => Decoded<EmbedResult>,
  inputs: number,
): boolean {
  const parsed = answer.parse();
  const decoded = parsed.ok ? decode(parsed.value) : undefined;
  return decoded?.ok !== true || decoded.value.embeddings.length === inputs;
}
