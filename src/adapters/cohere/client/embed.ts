import type { Image } from "../../../../gen/parlance/chat/v1/part_pb.js";
import {
  type Embedding,
  EmbedEncoding,
  type EmbedInput,
  type EmbedResult,
  type EmbedSpec,
} from "../../../../gen/parlance/embed/v1/embedding_pb.js";
import type { Decoded, FacadeContext } from "../../../core/dialect.ts";
import { printBase64 } from "../../../json/base64.ts";
import { isDataUrl, parseDataUrl } from "../../../json/data-url.ts";
import { isObject, type Json, type JsonObject, stringAt } from "../../../json/json.ts";
import { type Writable, writeJson } from "../../../json/write.ts";
import { noteUnknown, takeExtras } from "../../shared/notes/unknown-members.ts";
import {
  at,
  type Cursor,
  integer,
  list,
  missing,
  object,
  objects,
  openRequest,
  outcome,
  problem,
  requiredName,
  string,
  strings,
} from "../../shared/request-cursor.ts";
import { addAnswerExtras } from "../extras.ts";
import { encodeUsage } from "../usage.ts";
import { type Draft, NAME } from "../wire.ts";

const known: ReadonlySet<string> = new Set([
  "model",
  "texts",
  "images",
  "inputs",
  "input_type",
  "output_dimension",
  "truncate",
]);

const itemMembers: ReadonlySet<string> = new Set(["content"]);
const textMembers: ReadonlySet<string> = new Set(["type", "text"]);
const imagePieceMembers: ReadonlySet<string> = new Set(["type", "image_url"]);
const imageMembers: ReadonlySet<string> = new Set(["url"]);

const encodings: ReadonlyMap<string, EmbedEncoding> = new Map([
  ["float", EmbedEncoding.FLOAT],
  ["base64", EmbedEncoding.BASE64],
  ["int8", EmbedEncoding.INT8],
]);

/**
 * Reads a request for vectors. Other vendors get a request for one kind of vectors: the first that
 * they can have.
 */
export function decodeEmbedRequest(json: JsonObject, body: Uint8Array): Decoded<EmbedSpec> {
  return readEmbedSpec(json, body, NAME);
}

/** The same, where what only Cohere has is kept as extras of another dialect, of a host of its. */
export function readEmbedSpec(
  json: JsonObject,
  body: Uint8Array,
  dialect: string,
): Decoded<EmbedSpec> {
  const cursor = openRequest(json, body);
  const dimensions = integer(cursor, "output_dimension", [1, 1_000_000]);
  const kinds = strings(cursor, "embedding_types");
  const encoding = kinds.map((kind) => encodings.get(kind)).find((found) => found !== undefined);
  const plain = kinds.length === 0 || (kinds.length === 1 && encoding !== undefined);
  const inputs = [
    ...list(cursor, "texts").flatMap(textInput),
    ...strings(cursor, "images").map(imageInput),
    ...objects(list(cursor, "inputs")).flatMap(decodeInput),
  ];
  if (inputs.length === 0 && cursor.request.faults.length === 0) missing(cursor, "texts");
  const spec: EmbedSpec = {
    $typeName: "parlance.embed.v1.EmbedSpec",
    fallbacks: [],
    model: requiredName(cursor, "model"),
    inputs,
    ...(dimensions === undefined ? undefined : { dimensions }),
    encoding: encoding ?? EmbedEncoding.UNSPECIFIED,
    user: "",
    inputType: string(cursor, "input_type") ?? "",
    truncate: string(cursor, "truncate") ?? "",
    extrasJson: {},
  };
  noteUnknown(cursor, plain ? new Set([...known, "embedding_types"]) : known);
  spec.extrasJson = takeExtras(cursor, dialect, 0);
  return outcome(cursor, spec);
}

/** Vectors by kind, as the vendor's clients expect them. */
export function encodeEmbedResponse(result: EmbedResult, context: FacadeContext): string {
  const lists: Record<string, Writable[]> = {};
  for (const embedding of result.embeddings) {
    const [kind, vector] = encodeVector(embedding);
    lists[kind] ??= [];
    lists[kind].push(vector);
  }
  const draft: Draft = {
    id: result.id === "" ? context.callId : result.id,
    embeddings: lists,
    texts: [],
    meta: {
      api_version: { version: "2" },
      ...(result.usage === undefined ? undefined : encodeUsage(result.usage)),
    },
    response_type: "embeddings_by_type",
  };
  addAnswerExtras(draft, result.extrasJson[NAME]);
  return writeJson(draft);
}

/** A vector, and the kind of vectors that it is one of. */
export function encodeVector({ vector }: Embedding): readonly [kind: string, vector: Writable] {
  switch (vector.case) {
    case "floats":
      return ["float", vector.value.values];
    case "floatBytes":
      return ["base64", printBase64(vector.value)];
    case "int8Bytes":
      return ["int8", Array.from(vector.value, (byte) => (byte > 127 ? byte - 256 : byte))];
    case undefined:
      return ["float", []];
  }
}

function textInput(text: Cursor<Json>): EmbedInput[] {
  const { json: value } = text;
  if (typeof value !== "string") return problem(text, "", "must be a string") ?? [];
  if (value === "") problem(text, "", "must not be empty");
  return [{ $typeName: "parlance.embed.v1.EmbedInput", input: { case: "text", value } }];
}

function imageInput(url: string): EmbedInput {
  return {
    $typeName: "parlance.embed.v1.EmbedInput",
    input: { case: "image", value: imageOf(url) },
  };
}

function imageOf(url: string): Image {
  const inline = isDataUrl(url) ? parseDataUrl(url) : undefined;
  const source =
    inline === undefined
      ? ({ case: "url", value: url } as const)
      : ({ case: "data", value: inline.data } as const);
  return {
    $typeName: "parlance.chat.v1.Image",
    source,
    mediaType: inline?.mediaType.split(";")[0] ?? "",
    detail: 0,
  };
}

/** An input of one piece; several pieces in one vector no other vendor has. */
function decodeInput(item: Cursor): EmbedInput[] {
  const content = list(item, "content");
  noteUnknown(item, itemMembers);
  const piece = content.length === 1 ? content[0] : undefined;
  const only =
    piece !== undefined && isObject(piece.json) ? { ...piece, json: piece.json } : undefined;
  const text = only?.json.type === "text" ? at(only, "text") : undefined;
  if (only !== undefined && text !== undefined && typeof text.json === "string") {
    noteUnknown(only, textMembers);
    return textInput(text);
  }
  const image = only && isObject(only.json.image_url) ? object(only, "image_url") : undefined;
  const url = image && stringAt(image.json, "url");
  if (only !== undefined) noteUnknown(only, imagePieceMembers);
  if (image !== undefined) noteUnknown(image, imageMembers);
  if (url !== undefined) return [imageInput(url)];
  problem(item, "content", "must be a list of one text or image_url");
  return [];
}
