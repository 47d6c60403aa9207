import type { Embedding, EmbedResult } from "../../../../gen/parlance/embed/v1/embedding_pb.js";
import type { Decoded } from "../../../core/dialect.ts";
import { malformed } from "../../../core/faults/fault.ts";
import { parseBase64 } from "../../../json/base64.ts";
import {
  arrayAt,
  isObject,
  type Json,
  type JsonObject,
  objectAt,
  stringAt,
} from "../../../json/json.ts";
import { otherMembers } from "../extras.ts";
import { decodeUsage } from "../usage.ts";
import { NAME } from "../wire.ts";
import { decodeErrorObject, isErrorObject } from "./error.ts";

/**
 * The kinds of vectors, the one that says most first: an answer may hold several, and the contract
 * holds one.
 */
const kinds = ["float", "base64", "int8", "uint8", "binary", "ubinary"] as const;

const known: ReadonlySet<string> = new Set([
  "id",
  "embeddings",
  "texts",
  "images",
  "meta",
  "response_type",
  "model",
]);

/**
 * Reads vectors: lists by kind, or the one list of v1. Of several kinds the numbers count, and the
 * others are kept as extras. Vectors of unsigned and of single bits keep the numbers that the
 * vendor wrote.
 */
export function decodeEmbedResponse(json: Json): Decoded<EmbedResult> {
  if (!isObject(json)) return { ok: false, fault: malformed("the answer is not a JSON object") };
  if (isErrorObject(json)) return { ok: false, fault: decodeErrorObject(json) };
  const byKind = objectAt(json, "embeddings");
  const kind = kinds.find((name) => arrayAt(byKind ?? {}, name) !== undefined) ?? "float";
  const list = byKind === undefined ? arrayAt(json, "embeddings") : arrayAt(byKind, kind);
  if (list === undefined) return { ok: false, fault: malformed("the answer has no embeddings") };
  const embeddings: Embedding[] = [];
  for (const [index, item] of list.entries()) {
    const vector = decodeVector(item, kind);
    if (vector === undefined)
      return { ok: false, fault: malformed(`embeddings[${index}] is no vector`) };
    embeddings.push({ $typeName: "parlance.embed.v1.Embedding", index, vector });
  }
  const meta = objectAt(json, "meta");
  return {
    ok: true,
    value: {
      $typeName: "parlance.embed.v1.EmbedResult",
      model: stringAt(json, "model") ?? "",
      embeddings,
      ...(meta === undefined ? undefined : { usage: decodeUsage(meta) }),
      id: stringAt(json, "id") ?? "",
      extrasJson: extrasOf(json, byKind, kind),
    },
  };
}

function extrasOf(
  json: JsonObject,
  byKind: JsonObject | undefined,
  kind: string,
): Record<string, string> {
  const others = Object.entries(byKind ?? {}).filter(
    ([name, list]) => name !== kind && Array.isArray(list),
  );
  if (others.length === 0) return otherMembers(json, known);
  const rest = Object.entries(json).filter(([name, value]) => !known.has(name) && value !== null);
  return {
    [NAME]: JSON.stringify({ embeddings: Object.fromEntries(others), ...Object.fromEntries(rest) }),
  };
}

function decodeVector(item: Json, kind: (typeof kinds)[number]): Embedding["vector"] | undefined {
  if (typeof item === "string") {
    const bytes = parseBase64(item);
    return bytes === undefined || bytes.length % 4 !== 0
      ? undefined
      : { case: "floatBytes", value: bytes };
  }
  if (!Array.isArray(item) || !item.every(isNumber)) return undefined;
  if (kind === "int8" && item.every(isSignedByte)) {
    return { case: "int8Bytes", value: new Uint8Array(Int8Array.from(item).buffer) };
  }
  return {
    case: "floats",
    value: { $typeName: "parlance.embed.v1.FloatVector", values: [...item] },
  };
}

function isNumber(value: Json): value is number {
  return typeof value === "number";
}

function isSignedByte(value: number): boolean {
  return Number.isInteger(value) && value >= -128 && value <= 127;
}
