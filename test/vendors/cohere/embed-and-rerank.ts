import { firstBroken } from "../first-broken.ts";
import {
  asArray,
  asNumber,
  asObjects,
  asString,
  contentText,
  isSet,
  type JsonObject,
} from "../json-value.ts";
import { embeddingOf } from "../openai/embeddings.ts";
import { countTokens } from "../text-pieces.ts";
import type { VendorReply } from "../vendor-reply.ts";
import { cohereHeaders, replyId } from "./error-reply.ts";
import { unknownOf } from "./validate-chat.ts";

const inputTypes = ["search_document", "search_query", "classification", "clustering", "image"];
const embeddingTypes = ["float", "int8", "uint8", "binary", "ubinary", "base64"];

/**
 * The first fault Cohere finds in a request for vectors. https://docs.cohere.com/reference/embed
 * (2026-11)
 */
export function validateEmbed(body: JsonObject): string | undefined {
  const known = [
    "model",
    "input_type",
    "texts",
    "images",
    "inputs",
    "max_tokens",
    "output_dimension",
    "embedding_types",
  ];
  const given = ["texts", "images", "inputs"].filter((key) => asArray(body[key]).length > 0);
  const types = asArray(body.embedding_types);
  return (
    unknownOf(body, [...known, "truncate", "priority"]) ??
    firstBroken([
      [(asString(body.model) ?? "") === "", "model is required"],
      [
        !inputTypes.includes(asString(body.input_type) ?? ""),
        "valid input_type must be provided with the provided model",
      ],
      [given.length !== 1, "exactly one of texts, images, inputs must be provided"],
      [asArray(body[given[0] ?? ""]).length > 96, "at most 96 inputs can be embedded at once"],
      [
        types.some((type) => !embeddingTypes.includes(asString(type) ?? "")),
        "embedding_types holds a type that is not known",
      ],
      [
        isSet(body.output_dimension) &&
          ![256, 512, 1024, 1536].includes(asNumber(body.output_dimension) ?? 0),
        "output_dimension must be one of 256, 512, 1024, 1536",
      ],
      [
        isSet(body.truncate) && !["NONE", "START", "END"].includes(asString(body.truncate) ?? ""),
        "truncate must be one of NONE, START, END",
      ],
    ])
  );
}

/**
 * Dimensions of a vector when the request names none; fewer than the vendor's, for tests to be
 * quick.
 */
export const defaultDimensions = 8;

/** The reply to a valid request for vectors: a list for each type that was asked for. */
export function embedReply(body: JsonObject, ordinal: number): VendorReply {
  const texts = asArray(body.texts).map((text) => asString(text) ?? "");
  const inputs = asObjects(body.inputs).map(
    ({ content }) => contentText(content) || JSON.stringify(content),
  );
  const images = asArray(body.images).map((image) => asString(image) ?? "");
  const all = [...texts, ...images, ...inputs];
  const vectors = all.map((text) =>
    embeddingOf(text, asNumber(body.output_dimension) ?? defaultDimensions),
  );
  const types = isSet(body.embedding_types)
    ? asArray(body.embedding_types).map((type) => asString(type) ?? "")
    : ["float"];
  const embeddings = Object.fromEntries(
    types.map((type) => [type, vectors.map((vector) => ofType(vector, type))]),
  );
  const tokens = countTokens(all.join(" "));
  return reply(
    { id: replyId(ordinal), embeddings, texts, meta: meta({ input_tokens: tokens }) },
    ordinal,
  );
}

/** Vectors of whole numbers are those of floats, scaled. */
function ofType(vector: Float32Array, type: string): readonly number[] | string {
  if (type === "float") return [...vector];
  if (type === "base64")
    return Buffer.from(vector.buffer, vector.byteOffset, vector.byteLength).toString("base64");
  return [...vector].map((value) => Math.round(value * 127) + (type.startsWith("u") ? 128 : 0));
}

/**
 * The first fault Cohere finds in a request for a ranking. https://docs.cohere.com/reference/rerank
 * (2026-11)
 */
export function validateRerank(body: JsonObject): string | undefined {
  const documents = asArray(body.documents);
  return (
    unknownOf(body, ["model", "query", "documents", "top_n", "max_tokens_per_doc", "priority"]) ??
    firstBroken([
      [(asString(body.model) ?? "") === "", "model is required"],
      [(asString(body.query) ?? "") === "", "query must be at least 1 token long"],
      [documents.length === 0, "at least one document must be provided"],
      [documents.length > 1000, "at most 1000 documents can be ranked at once"],
      [documents.some((document) => typeof document !== "string"), "documents must be strings"],
      [isSet(body.top_n) && !((asNumber(body.top_n) ?? 0) >= 1), "top_n must be greater than 0"],
    ])
  );
}

/**
 * The reply to a valid request for a ranking: documents that share more words with the query come
 * first.
 */
export function rerankReply(body: JsonObject, ordinal: number): VendorReply {
  const words = new Set(wordsOf(asString(body.query) ?? ""));
  const scored = asArray(body.documents).map((document, index) => {
    const own = wordsOf(asString(document) ?? "");
    return {
      index,
      relevance_score: own.filter((word) => words.has(word)).length / (own.length + 1),
    };
  });
  const results = scored
    .toSorted((one, other) => other.relevance_score - one.relevance_score)
    .slice(0, asNumber(body.top_n) ?? scored.length);
  return reply({ id: replyId(ordinal), results, meta: meta({ search_units: 1 }) }, ordinal);
}

function wordsOf(text: string): readonly string[] {
  return text.toLowerCase().match(/\w+/g) ?? [];
}

function meta(billed: JsonObject): JsonObject {
  return { api_version: { version: "2" }, billed_units: billed };
}

function reply(body: JsonObject, ordinal: number): VendorReply {
  return {
    status: 200,
    headers: cohereHeaders(ordinal),
    frames: [Buffer.from(JSON.stringify(body))],
    ending: "end",
  };
}
