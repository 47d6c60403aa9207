import {
  asArray,
  asNumber,
  asString,
  isArray,
  isSet,
  type Json,
  type JsonObject,
} from "../json-value.ts";
import { countTokens } from "../text-pieces.ts";
import type { VendorReply } from "../vendor-reply.ts";
import { invalidRequest, type OpenAiError } from "./error-reply.ts";
import { openAiHeaders } from "./response-headers.ts";

/** Dimensions of a vector when the request names none. */
export const defaultDimensions = 8;

/** As many as the largest model of OpenAI gives. */
const maxDimensions = 3072;

/**
 * The fault OpenAI finds in an embeddings request, or undefined.
 * https://platform.openai.com/docs/api-reference/embeddings (2026-07)
 */
export function validateEmbeddings(body: JsonObject): OpenAiError | undefined {
  if (asString(body.model) === undefined)
    return invalidRequest("you must provide a model parameter");
  const known = ["model", "input", "encoding_format", "dimensions", "user"];
  const unknown = Object.keys(body).find((key) => !known.includes(key));
  if (unknown !== undefined)
    return invalidRequest(`Unrecognized request argument supplied: ${unknown}`);
  const { input, encoding_format: encoding, dimensions } = body;
  if (inputsOf(input) === undefined)
    return invalidRequest(
      "'$.input' is invalid. Please check the API reference: https://platform.openai.com/docs/api-reference.",
    );
  if (isSet(encoding) && encoding !== "float" && encoding !== "base64") {
    return invalidRequest(
      `'${asString(encoding) ?? ""}' is not one of ['float', 'base64'] - 'encoding_format'`,
    );
  }
  if (!isSet(dimensions)) return undefined;
  if (asString(body.model) === "text-embedding-ada-002")
    return invalidRequest("This model does not support specifying dimensions.");
  const size = asNumber(dimensions);
  if (size === undefined || !Number.isInteger(size) || size < 1)
    return invalidRequest(
      `${JSON.stringify(dimensions)} is less than the minimum of 1 - 'dimensions'`,
    );
  return size <= maxDimensions
    ? undefined
    : invalidRequest(`This model supports at most ${maxDimensions} dimensions.`);
}

/**
 * The reply to a valid embeddings request: a vector per input in order, of unit length, the same
 * for the same input.
 */
export function embeddingsReply(body: JsonObject, ordinal: number): VendorReply {
  const inputs = inputsOf(body.input) ?? [];
  const dimensions = asNumber(body.dimensions) ?? defaultDimensions;
  const tokens = inputs.reduce(
    (sum, input) => sum + (typeof input === "string" ? countTokens(input) : input.length),
    0,
  );
  const data = inputs.map((input, index) => {
    const vector = embeddingOf(input, dimensions);
    return {
      object: "embedding",
      index,
      embedding: body.encoding_format === "base64" ? toBase64(vector) : [...vector],
    };
  });
  const reply = {
    object: "list",
    data,
    model: asString(body.model) ?? "",
    usage: { prompt_tokens: tokens, total_tokens: tokens },
  };
  return {
    status: 200,
    headers: openAiHeaders(ordinal),
    frames: [Buffer.from(`${JSON.stringify(reply, null, 2)}\n`)],
    ending: "end",
  };
}

/**
 * The vector of an input (text or token ids): 32-bit floats of unit length that depend on all of
 * the input.
 */
export function embeddingOf(input: string | readonly number[], dimensions: number): Float32Array {
  const codes = typeof input === "string" ? [...Buffer.from(input)] : input;
  const raw = Array.from({ length: dimensions }, (_, axis) =>
    Math.sin(codes.reduce((sum, code, index) => sum + code * (index + 1), axis + 1) * (axis + 1)),
  );
  const length = Math.hypot(...raw);
  return Float32Array.from(raw, (value) => value / length);
}

/** Little-endian 32-bit floats in base64, OpenAI's compact form. */
function toBase64(vector: Float32Array): string {
  return Buffer.from(vector.buffer, vector.byteOffset, vector.byteLength).toString("base64");
}

/**
 * The inputs as a batch: one text, texts, one list of token ids, or lists of them; undefined when
 * empty or of another kind.
 */
function inputsOf(input: Json | undefined): readonly (string | readonly number[])[] | undefined {
  if (typeof input === "string") return input === "" ? undefined : [input];
  const items = asArray(input);
  if (items.length === 0 || items.length > 2048) return undefined;
  if (items.every((item) => typeof item === "number")) return [items];
  if (items.every((item) => typeof item === "string"))
    return items.includes("") ? undefined : items;
  const lists = items.map((item) =>
    isArray(item) ? item.filter((id) => typeof id === "number") : [],
  );
  return lists.every(
    (list, index) => list.length > 0 && list.length === asArray(items[index]).length,
  )
    ? lists
    : undefined;
}
