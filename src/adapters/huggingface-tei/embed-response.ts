import type { Usage } from "../../../gen/parlance/chat/v1/usage_pb.js";
import type { Embedding, EmbedResult } from "../../../gen/parlance/embed/v1/embedding_pb.js";
import type { Decoded } from "../../core/dialect.ts";
import { malformed } from "../../core/faults/fault.ts";
import {
  arrayAt,
  intAt,
  isObject,
  type Json,
  type JsonObject,
  objectAt,
  stringAt,
} from "../../json/json.ts";
import { unknownMembers } from "../../json/members.ts";
import { noSource } from "../../json/source-slice.ts";
import { countAt } from "../shared/count-at.ts";
import { decodeErrorObject } from "./error.ts";
import { DIALECT } from "./wire.ts";

/**
 * Vectors in the order of their inputs: the bare list of `/embed`, or the object of
 * `/v1/embeddings`.
 */
export function decodeEmbedResponse(json: Json): Decoded<EmbedResult> {
  if (Array.isArray(json)) return decodeVectors(json, undefined);
  if (!isObject(json))
    return { ok: false, fault: malformed("the server's answer is neither a list nor an object") };
  const fault = decodeErrorObject(json);
  if (fault !== undefined) return { ok: false, fault };
  const data = arrayAt(json, "data");
  if (data === undefined) return { ok: false, fault: malformed("the server's answer has no data") };
  return decodeVectors(data, json);
}

const KNOWN: ReadonlySet<string> = new Set(["object", "data", "model", "usage"]);

function decodeVectors(
  items: readonly Json[],
  whole: JsonObject | undefined,
): Decoded<EmbedResult> {
  const embeddings: Embedding[] = [];
  for (const [at, item] of items.entries()) {
    const embedding = decodeEmbedding(item, at);
    if (embedding === undefined)
      return { ok: false, fault: malformed(`embedding ${at} is not a vector`) };
    embeddings.push(embedding);
  }
  embeddings.sort((one, other) => one.index - other.index);
  return {
    ok: true,
    value: {
      $typeName: "parlance.embed.v1.EmbedResult",
      model: "",
      embeddings,
      id: "",
      extrasJson: {},
      ...(whole === undefined ? undefined : membersOf(whole)),
    },
  };
}

function decodeEmbedding(item: Json, at: number): Embedding | undefined {
  const vector = isObject(item) ? item.embedding : item;
  if (!isVector(vector)) return undefined;
  const index = isObject(item) ? (intAt(item, "index") ?? at) : at;
  const value = { $typeName: "parlance.embed.v1.FloatVector", values: vector } as const;
  return {
    $typeName: "parlance.embed.v1.Embedding",
    index: index < 0 ? at : index,
    vector: { case: "floats", value },
  };
}

/** What the object says beside the vectors. */
function membersOf(whole: JsonObject): Partial<EmbedResult> {
  const usage = objectAt(whole, "usage");
  const extras = unknownMembers(whole, noSource, KNOWN);
  return {
    model: stringAt(whole, "model") ?? "",
    ...(usage === undefined ? undefined : { usage: decodeUsage(usage) }),
    extrasJson: extras === "" ? {} : { [DIALECT]: extras },
  };
}

/** What a call took, from `prompt_tokens` and `total_tokens`. */
export function decodeUsage(json: JsonObject): Usage {
  const input = countAt(json, "prompt_tokens");
  const total = countAt(json, "total_tokens");
  return {
    $typeName: "parlance.chat.v1.Usage",
    ...(input === undefined ? undefined : { inputTokens: input }),
    ...(total === undefined ? undefined : { totalTokens: total }),
    toolUses: {},
    serviceTier: "",
    extrasJson: {},
  };
}

function isVector(json: Json | undefined): json is number[] {
  return Array.isArray(json) && json.every((value) => typeof value === "number");
}
