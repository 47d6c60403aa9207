import type { Embedding } from "../../../gen/parlance/embed/v1/embedding_pb.js";
import { parseBase64, printBase64 } from "../../json/base64.ts";
import type { Writable } from "../../json/write.ts";

/** A vector as JSON: numbers, or base64 of its bytes. */
export function encodeVector({ vector }: Embedding): Writable {
  switch (vector.case) {
    case "floats":
      return vector.value.values;
    case "floatBytes":
      return printBase64(vector.value);
    case "int8Bytes":
      return Array.from(vector.value, (byte) => (byte > 127 ? byte - 256 : byte));
    case undefined:
      return [];
  }
}

/**
 * A vector of JSON numbers, or of base64 text: 32-bit floats where the length allows it, else
 * signed bytes.
 */
export function decodeVector(json: unknown): Embedding["vector"] | undefined {
  if (typeof json === "string") {
    const bytes = parseBase64(json);
    if (bytes === undefined) return undefined;
    return bytes.length % 4 === 0
      ? { case: "floatBytes", value: bytes }
      : { case: "int8Bytes", value: bytes };
  }
  if (!Array.isArray(json) || !json.every(isNumber)) return undefined;
  return { case: "floats", value: { $typeName: "parlance.embed.v1.FloatVector", values: json } };
}

/**
 * A vector of signed bytes in base64, as the whole numbers that they are: their scale is unknown.
 */
export function decodeSignedBytes(json: unknown): Embedding["vector"] | undefined {
  const bytes = typeof json === "string" ? parseBase64(json) : undefined;
  if (bytes === undefined) return decodeVector(typeof json === "string" ? undefined : json);
  const values = Array.from(new Int8Array(bytes));
  return { case: "floats", value: { $typeName: "parlance.embed.v1.FloatVector", values } };
}

function isNumber(value: unknown): value is number {
  return typeof value === "number";
}
