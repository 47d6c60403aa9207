import {
  type Embedding,
  EmbedEncoding,
  type EmbedResult,
} from "../../../gen/parlance/embed/v1/embedding_pb.js";

/**
 * The result with its vectors in the requested encoding: floats become little-endian 32-bit floats
 * (each rounded to the nearest) and back (each exactly). Signed bytes are left as they are, for
 * nobody knows their scale; so is everything when INT8 was requested.
 */
export function convertEmbeddings(result: EmbedResult, encoding: EmbedEncoding): EmbedResult {
  if (encoding === EmbedEncoding.INT8) return result;
  const packed = encoding === EmbedEncoding.BASE64;
  return {
    ...result,
    embeddings: result.embeddings.map((embedding) => convert(embedding, packed)),
  };
}

function convert(embedding: Embedding, packed: boolean): Embedding {
  const { vector } = embedding;
  if (packed && vector.case === "floats") {
    return { ...embedding, vector: { case: "floatBytes", value: pack(vector.value.values) } };
  }
  if (!packed && vector.case === "floatBytes") {
    const values = unpack(vector.value);
    return {
      ...embedding,
      vector: { case: "floats", value: { $typeName: "parlance.embed.v1.FloatVector", values } },
    };
  }
  return embedding;
}

function pack(values: readonly number[]): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(values.length * 4);
  const view = new DataView(bytes.buffer);
  for (let at = 0; at < values.length; at += 1) view.setFloat32(at * 4, values[at] ?? 0, true);
  return bytes;
}

function unpack(bytes: Uint8Array): number[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return Array.from({ length: Math.floor(bytes.length / 4) }, (_, at) =>
    view.getFloat32(at * 4, true),
  );
}
