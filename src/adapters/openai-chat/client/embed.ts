import type {
  EmbedInput,
  EmbedResult,
  EmbedSpec,
} from "../../../../gen/parlance/embed/v1/embedding_pb.js";
import { EmbedEncoding } from "../../../../gen/parlance/embed/v1/embedding_pb.js";
import type { Decoded, FacadeContext } from "../../../core/dialect.ts";
import type { Json, JsonObject } from "../../../json/json.ts";
import { writeJson } from "../../../json/write.ts";
import { noteUnknown, takeExtras } from "../../shared/notes/unknown-members.ts";
import {
  at,
  type Cursor,
  integer,
  missing,
  openRequest,
  outcome,
  problem,
  requiredList,
  requiredName,
  string,
  word,
} from "../../shared/request-cursor.ts";
import { encodeVector } from "../vector.ts";
import { type Draft, NAME } from "../wire.ts";
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

/** Reads a request for vectors. Reports all problems at once. */
export function decodeEmbedRequest(json: JsonObject, body: Uint8Array): Decoded<EmbedSpec> {
  const cursor = openRequest(json, body);
  noteUnknown(cursor, known);
  const dimensions = integer(cursor, "dimensions", [1, 1_000_000]);
  const spec: EmbedSpec = {
    $typeName: "parlance.embed.v1.EmbedSpec",
    fallbacks: [],
    model: requiredName(cursor, "model"),
    inputs: decodeInputs(cursor),
    ...(dimensions === undefined ? undefined : { dimensions }),
    encoding: word(cursor, "encoding_format", encodings) ?? EmbedEncoding.UNSPECIFIED,
    user: string(cursor, "user") ?? "",
    inputType: string(cursor, "input_type") ?? "",
    truncate: string(cursor, "truncate") ?? "",
    extrasJson: takeExtras(cursor, NAME, 0),
  };
  return outcome(cursor, spec);
}

/** Vectors as OpenAI's clients expect them, in the encoding that the result has. */
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
function decodeInputs(cursor: Cursor): EmbedInput[] {
  const input = at(cursor, "input");
  if (input === undefined) {
    missing(cursor, "input");
    return [];
  }
  const { json } = input;
  if (!Array.isArray(json) || typeof json[0] === "number") return decodeInput(input);
  return requiredList(cursor, "input").flatMap(decodeInput);
}

function decodeInput(input: Cursor<Json>): EmbedInput[] {
  const { json } = input;
  if (typeof json === "string") {
    if (json === "") problem(input, "", "must not be empty");
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
  problem(input, "", "must be a string or a list of token ids");
  return [];
}

function isTokenId(json: Json): json is number {
  return typeof json === "number" && Number.isInteger(json) && json >= 0 && json <= 0xffffffff;
}
