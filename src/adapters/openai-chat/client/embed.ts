import type {
  EmbedInput,
  EmbedResult,
  EmbedSpec,
} from "../../../../gen/parlance/embed/v1/embedding_pb.js";
import { EmbedEncoding } from "../../../../gen/parlance/embed/v1/embedding_pb.js";
import type { Decoded, FacadeContext } from "../../../core/dialect.ts";
import type { Json, JsonObject } from "../../../json/json.ts";
import { writeJson } from "../../../json/write.ts";
import {
  blame,
  createReader,
  integer,
  outcome,
  type Reader,
  string,
  word,
} from "../../shared/request-reader.ts";
import { encodeVector } from "../embed-vector.ts";
import { type Draft, extrasOf, NAME } from "../wire.ts";
import { unknownMembers } from "./extras.ts";
import { addAnswerExtras } from "./response.ts";

const encodings: ReadonlyMap<string, EmbedEncoding> = new Map([
  ["float", EmbedEncoding.FLOAT],
  ["base64", EmbedEncoding.BASE64],
  ["int8", EmbedEncoding.INT8],
]);

const known = new Set([
  "model",
  "input",
  "dimensions",
  "encoding_format",
  "user",
  "input_type",
  "truncate",
]);

/** Reads a request for vectors. All that is wrong is told at once. */
export function decodeEmbedRequest(json: JsonObject, body: Uint8Array): Decoded<EmbedSpec> {
  const reader = createReader();
  const dimensions = integer(reader, json, "dimensions", 1, 1_000_000);
  const spec: EmbedSpec = {
    $typeName: "parlance.embed.v1.EmbedSpec",
    model: string(reader, json, "model") ?? "",
    inputs: decodeInputs(reader, json.input),
    ...(dimensions === undefined ? undefined : { dimensions }),
    encoding: word(reader, json, "encoding_format", encodings) ?? EmbedEncoding.UNSPECIFIED,
    user: string(reader, json, "user") ?? "",
    inputType: string(reader, json, "input_type") ?? "",
    truncate: string(reader, json, "truncate") ?? "",
    extrasJson: extrasOf(unknownMembers(json, () => body, known)),
  };
  if (spec.model === "") blame(reader, "model", "must be a non-empty string");
  return outcome(reader, spec);
}

/** Vectors as OpenAI's clients expect them, in the encoding in which they are given. */
export function encodeEmbedResponse(result: EmbedResult, context: FacadeContext): string {
  const { usage } = result;
  const input = usage?.inputTokens ?? 0n;
  const draft: Draft = {
    object: "list",
    data: result.embeddings.map((embedding) => ({
      object: "embedding",
      index: embedding.index,
      embedding: encodeVector(embedding),
    })),
    model: result.model === "" ? context.model : result.model,
    usage: { prompt_tokens: Number(input), total_tokens: Number(usage?.totalTokens ?? input) },
    id: result.id === "" ? undefined : result.id,
  };
  addAnswerExtras(draft, result.extrasJson[NAME]);
  return writeJson(draft);
}

/** A text, a list of texts, a list of token ids, or a list of such lists. */
function decodeInputs(reader: Reader, json: Json | undefined): EmbedInput[] {
  if (typeof json === "string") return decodeInput(reader, json, "input");
  if (!Array.isArray(json) || json.length === 0) {
    blame(
      reader,
      "input",
      "must be a string, or a non-empty array of strings, of token ids or of arrays of token ids",
    );
    return [];
  }
  if (typeof json[0] === "number") return decodeInput(reader, json, "input");
  return json.flatMap((item: Json, at) => decodeInput(reader, item, `input[${at}]`));
}

function decodeInput(reader: Reader, json: Json, path: string): EmbedInput[] {
  if (typeof json === "string") {
    if (json === "") blame(reader, path, "must not be empty");
    return [{ $typeName: "parlance.embed.v1.EmbedInput", input: { case: "text", value: json } }];
  }
  if (Array.isArray(json) && json.length > 0 && json.every(isTokenId)) {
    const value = { $typeName: "parlance.embed.v1.TokenIds", ids: json } as const;
    return [
      {
        $typeName: "parlance.embed.v1.EmbedInput",
        input: { case: "tokens", value: { ...value, ids: [...json] } },
      },
    ];
  }
  blame(reader, path, "must be a string or a non-empty array of token ids");
  return [];
}

function isTokenId(json: Json): json is number {
  return typeof json === "number" && Number.isInteger(json) && json >= 0 && json <= 0xffffffff;
}
