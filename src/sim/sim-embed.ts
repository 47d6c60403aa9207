import { create } from "@bufbuild/protobuf";
import { PartSchema } from "../../gen/parlance/chat/v1/part_pb.js";
import {
  type Embedding,
  EmbeddingSchema,
  EmbedEncoding,
  type EmbedInput,
  type EmbedResult,
  EmbedResultSchema,
  type EmbedSpec,
} from "../../gen/parlance/embed/v1/embedding_pb.js";
import type { Decoded } from "../core/dialect.ts";
import { countTextTokens } from "./count-tokens.ts";
import { hashOf, hashText } from "./hash.ts";
import { textOf } from "./prompt-text.ts";
import { invalidPrompt } from "./sim-fault.ts";

/** Numbers in a vector of a request that does not say how many. */
const DEFAULT_DIMENSIONS = 64;

/** Numbers in all vectors of one answer, so that one request cannot take all memory. */
const MAX_NUMBERS = 8_000_000;

/**
 * A vector of length 1 for each input. It depends on the input and the dimensions alone and points
 * anywhere: like texts are not near each other. Numbers are rounded to 32 bits in FLOAT and BASE64,
 * and 127 times the number to a whole one in INT8.
 */
export function embedInputs(spec: EmbedSpec, model: string): Decoded<EmbedResult> {
  const dimensions = spec.dimensions ?? DEFAULT_DIMENSIONS;
  if (dimensions < 1 || spec.inputs.length * dimensions > MAX_NUMBERS) {
    const message = `inputs times dimensions must be from 1 to ${MAX_NUMBERS} in the simulator`;
    return { ok: false, fault: invalidPrompt("dimensions", message) };
  }
  const tokens = BigInt(spec.inputs.reduce((sum, input) => sum + inputTokens(input), 0));
  const value = create(EmbedResultSchema, {
    id: `sim-${hashText(model, spec)}`,
    model,
    embeddings: spec.inputs.map((input, index) =>
      embedding(unitVector(input, dimensions), index, spec.encoding),
    ),
    usage: { inputTokens: tokens, totalTokens: tokens },
  });
  return { ok: true, value };
}

function inputTokens({ input }: EmbedInput): number {
  switch (input.case) {
    case "text":
      return countTextTokens(input.value);
    case "tokens":
      return input.value.ids.length;
    case "image":
      return countTextTokens(textOf([create(PartSchema, { content: input })]));
    case undefined:
      return 0;
  }
}

function embedding(vector: readonly number[], index: number, encoding: EmbedEncoding): Embedding {
  switch (encoding) {
    case EmbedEncoding.UNSPECIFIED:
    case EmbedEncoding.FLOAT:
      return create(EmbeddingSchema, {
        index,
        vector: { case: "floats", value: { values: vector.map(Math.fround) } },
      });
    case EmbedEncoding.BASE64:
      return create(EmbeddingSchema, {
        index,
        vector: { case: "floatBytes", value: littleEndian(vector) },
      });
    case EmbedEncoding.INT8: {
      const bytes = Int8Array.from(vector, (number) => Math.round(number * 127));
      return create(EmbeddingSchema, {
        index,
        vector: { case: "int8Bytes", value: new Uint8Array(bytes.buffer) },
      });
    }
  }
}

function littleEndian(vector: readonly number[]): Uint8Array {
  const view = new DataView(new ArrayBuffer(vector.length * 4));
  for (const [at, number] of vector.entries()) view.setFloat32(at * 4, number, true);
  return new Uint8Array(view.buffer);
}

/**
 * Normally distributed numbers (Box-Muller), scaled to length 1, so that all directions are as
 * likely.
 */
function unitVector(input: EmbedInput, dimensions: number): number[] {
  const draw = drawer(hashOf(input)[0]);
  const numbers = Array.from(
    { length: dimensions },
    () => Math.sqrt(-2 * Math.log(1 - draw())) * Math.cos(2 * Math.PI * draw()),
  );
  const length = Math.sqrt(numbers.reduce((sum, number) => sum + number * number, 0));
  return length === 0
    ? numbers.map((_, at) => (at === 0 ? 1 : 0))
    : numbers.map((number) => number / length);
}

/** Numbers from 0 to below 1 that a seed determines (mulberry32). */
function drawer(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
