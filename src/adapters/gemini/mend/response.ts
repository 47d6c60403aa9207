import type { Fault } from "../../../core/faults/fault.ts";
import { finishFault } from "../../../core/faults/finish-fault.ts";
import {
  arrayAt,
  isObject,
  type Json,
  type JsonObject,
  objectAt,
  parseJson,
  stringAt,
} from "../../../json/json.ts";
import { plainArguments } from "../../../json/plain-arguments.ts";
import { readCount } from "../../shared/count-at.ts";
import { decodeFinishReason, encodeFinishReason } from "../finish-reason.ts";

/**
 * An answer, or a frame of one, as clients read it: arguments that are an object, a reason of the
 * vendor's enumeration, counts that are whole numbers.
 */
export function mendAnswer(json: JsonObject): JsonObject {
  const candidates = arrayAt(json, "candidates")?.map(mendCandidate);
  const usage = objectAt(json, "usageMetadata");
  return {
    ...json,
    ...(candidates === undefined ? undefined : { candidates }),
    ...(usage === undefined ? undefined : { usageMetadata: mendCounts(usage) }),
  };
}

/**
 * The failure of an answer that tells of it in a word of another dialect; the vendor's own words
 * are for its clients to read.
 */
export function foreignFault(json: JsonObject): Fault | undefined {
  for (const candidate of arrayAt(json, "candidates") ?? []) {
    const word = isObject(candidate) ? (stringAt(candidate, "finishReason") ?? "") : "";
    if (word === "" || /^[A-Z_]+$/.test(word)) continue;
    const fault = finishFault({ reason: decodeFinishReason(word, false), vendorReason: word });
    if (fault !== undefined) return fault;
  }
  return undefined;
}

function mendCandidate(json: Json): Json {
  if (!isObject(json)) return json;
  const { finishReason: word } = json;
  const content = objectAt(json, "content");
  const parts = content === undefined ? undefined : arrayAt(content, "parts")?.map(mendPart);
  return {
    ...json,
    ...(parts === undefined ? undefined : { content: { ...content, parts } }),
    ...(typeof word === "string"
      ? { finishReason: encodeFinishReason(decodeFinishReason(word, false), word) }
      : undefined),
  };
}

function mendPart(json: Json): Json {
  const call = isObject(json) ? objectAt(json, "functionCall") : undefined;
  if (!isObject(json) || call === undefined || isObject(call.args)) return json;
  const text = typeof call.args === "string" ? call.args : "";
  const parsed = parseJson(plainArguments(text));
  const args = parsed.ok && isObject(parsed.value) ? parsed.value : { _raw_arguments: text };
  return { ...json, functionCall: { ...call, args } };
}

function mendCounts(usage: JsonObject): JsonObject {
  const counts = Object.entries(usage).map(([key, value]) => {
    const count = key.endsWith("TokenCount") ? readCount(value) : undefined;
    return [key, count === undefined ? value : Number(count)] as const;
  });
  return Object.fromEntries(counts);
}
