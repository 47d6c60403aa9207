import type { Usage } from "../../../../gen/parlance/chat/v1/usage_pb.js";
import type { Embedding, EmbedResult } from "../../../../gen/parlance/embed/v1/embedding_pb.js";
import type { Json } from "../../../json/json.ts";

/** A vector of JSON numbers; undefined for anything else. */
export function floatVector(json: Json | undefined): Embedding["vector"] | undefined {
  if (!isNumbers(json)) return undefined;
  return {
    case: "floats",
    value: { $typeName: "parlance.embed.v1.FloatVector", values: [...json] },
  };
}

/** A vector of signed bytes; undefined for anything else. */
export function int8Vector(json: Json | undefined): Embedding["vector"] | undefined {
  if (!isNumbers(json)) return undefined;
  return { case: "int8Bytes", value: new Uint8Array(Int8Array.from(json).buffer) };
}

/** Vectors as an answer, numbered in their order. */
export function embedResult(
  vectors: readonly Embedding["vector"][],
  inputTokens: number | undefined,
  id: string,
  extrasJson: EmbedResult["extrasJson"],
): EmbedResult {
  return {
    $typeName: "parlance.embed.v1.EmbedResult",
    model: "",
    embeddings: vectors.map((vector, index) => ({
      $typeName: "parlance.embed.v1.Embedding",
      index,
      vector,
    })),
    ...(inputTokens === undefined || inputTokens < 0 ? undefined : { usage: usageOf(inputTokens) }),
    id,
    extrasJson,
  };
}

function usageOf(inputTokens: number): Usage {
  return {
    $typeName: "parlance.chat.v1.Usage",
    inputTokens: BigInt(inputTokens),
    totalTokens: BigInt(inputTokens),
    toolUses: {},
    serviceTier: "",
    extrasJson: {},
  };
}

function isNumbers(json: Json | undefined): json is readonly number[] {
  return Array.isArray(json) && json.every((value) => typeof value === "number");
}
