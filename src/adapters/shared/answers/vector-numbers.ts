import type { Embedding } from "../../../../gen/parlance/embed/v1/embedding_pb.js";

/** The numbers of a vector; undefined where there is none, as of other kinds alone. */
export function floatsOf(embedding: Embedding | undefined): readonly number[] | undefined {
  const vector = embedding?.vector;
  switch (vector?.case) {
    case "floats":
      return vector.value.values;
    case "floatBytes": {
      const { buffer, byteOffset, byteLength } = vector.value;
      const view = new DataView(buffer, byteOffset, byteLength);
      const count = Math.floor(byteLength / 4);
      return Array.from({ length: count }, (_, at) => view.getFloat32(at * 4, true));
    }
    case "int8Bytes":
      return Array.from(new Int8Array(vector.value));
    case undefined:
      return undefined;
  }
}

/** How far from 1 a length may be that rounding made. */
const ROUNDED = 1e-3;

/** The vector with length 1; as it is where it has that, or no length at all. */
export function unitLength(values: readonly number[]): readonly number[] {
  let squares = 0;
  for (const value of values) squares += value * value;
  const length = Math.sqrt(squares);
  if (length === 0 || !Number.isFinite(length) || Math.abs(length - 1) <= ROUNDED) return values;
  return values.map((value) => value / length);
}
