import {
  EmbedEncoding,
  type EmbedInput,
  type EmbedResult,
  type EmbedSpec,
} from "../../../../gen/parlance/embed/v1/embedding_pb.js";
import type { Decoded } from "../../../core/dialect.ts";
import {
  dropped,
  type EncodeReport,
  emulated,
  mapped,
} from "../../../core/fidelity/encode-report.ts";
import {
  arrayAt,
  intAt,
  isObject,
  type JsonObject,
  objectAt,
  stringAt,
} from "../../../json/json.ts";
import type { Body } from "../../../json/members.ts";
import { type Writable, writeJson } from "../../../json/write.ts";
import { floatsOf } from "../../shared/answers/vector-numbers.ts";
import { noteUnknown, takeExtras } from "../../shared/notes/unknown-members.ts";
import {
  type Cursor,
  integer,
  missing,
  object,
  openRequest,
  outcome,
  problem,
  requiredObject,
  requiredString,
  string,
} from "../../shared/request-cursor.ts";
import { DIALECT } from "../wire.ts";
import { embedInputs, imageInput, reportEncoding, textInput } from "./input.ts";
import { embedResult, floatVector } from "./vector.ts";

/** Purposes by the names that other vendors use. */
const PURPOSES: ReadonlyMap<string, string> = new Map([
  ["search_document", "GENERIC_INDEX"],
  ["search_query", "GENERIC_RETRIEVAL"],
  ["document", "GENERIC_INDEX"],
  ["query", "GENERIC_RETRIEVAL"],
  ["passage", "GENERIC_INDEX"],
  ["classification", "CLASSIFICATION"],
  ["clustering", "CLUSTERING"],
]);

const TRUNCATIONS: ReadonlyMap<string, string> = new Map([
  ["LEFT", "START"],
  ["RIGHT", "END"],
]);

/**
 * Nova embeds one input a call. See
 * https://docs.aws.amazon.com/nova/latest/userguide/embeddings-schema.html.
 */
export function encodeNova(spec: EmbedSpec, report: EncodeReport): Body {
  const [input] = embedInputs(spec, report);
  const params: Record<string, Writable> = { embeddingPurpose: purposeOf(spec.inputType, report) };
  if (spec.dimensions !== undefined) params.embeddingDimension = spec.dimensions;
  if (input?.kind === "text")
    params.text = { truncationMode: truncationOf(spec.truncate, report), value: input.text };
  else if (input !== undefined) {
    params.image = { format: input.format, source: { bytes: input.base64 } };
    if (spec.truncate !== "") dropped(report, "truncate", "pictures are not cut");
  }
  reportEncoding(spec.encoding, report);
  return { taskType: "SINGLE_EMBEDDING", singleEmbeddingParams: params };
}

/** Undefined: not an answer of Nova. */
export function decodeNova(json: JsonObject): EmbedResult | undefined {
  const list = arrayAt(json, "embeddings");
  if (list === undefined || list.length === 0) return undefined;
  const vectors = list.flatMap((item) =>
    isObject(item) ? [floatVector(item.embedding)] : [undefined],
  );
  const whole = vectors.filter((vector) => vector !== undefined);
  return whole.length === list.length
    ? embedResult(whole, intAt(json, "inputTokenCount"), "", {})
    : undefined;
}

function purposeOf(inputType: string, report: EncodeReport): string {
  if (inputType === "") {
    emulated(report, "input_type", "GENERIC_INDEX, for the vendor demands a purpose");
    return "GENERIC_INDEX";
  }
  const purpose = PURPOSES.get(inputType.toLowerCase()) ?? inputType.toUpperCase();
  if (purpose !== inputType) mapped(report, "input_type", `sent as ${purpose}`);
  return purpose;
}

function truncationOf(truncate: string, report: EncodeReport): string {
  if (truncate === "") return "NONE";
  const word = TRUNCATIONS.get(truncate.toUpperCase()) ?? truncate.toUpperCase();
  if (word !== truncate) mapped(report, "truncate", `sent as ${word}`);
  return word;
}

const REQUEST_MEMBERS: ReadonlySet<string> = new Set([
  "model",
  "taskType",
  "singleEmbeddingParams",
]);

const PARAM_MEMBERS: ReadonlySet<string> = new Set([
  "embeddingPurpose",
  "embeddingDimension",
  "text",
  "image",
]);

const TEXT_MEMBERS: ReadonlySet<string> = new Set(["truncationMode", "value"]);
const IMAGE_MEMBERS: ReadonlySet<string> = new Set(["format", "source"]);
const SOURCE_MEMBERS: ReadonlySet<string> = new Set(["bytes"]);

/**
 * A body of Nova's, for one text or picture. See
 * https://docs.aws.amazon.com/nova/latest/userguide/embeddings-schema.html.
 */
export function decodeNovaRequest(json: JsonObject, body: Uint8Array): Decoded<EmbedSpec> {
  const cursor = openRequest(json, body);
  const task = string(cursor, "taskType") ?? "SINGLE_EMBEDDING";
  if (task !== "SINGLE_EMBEDDING")
    problem(cursor, "taskType", "must be SINGLE_EMBEDDING: jobs are not kept here");
  const params = requiredObject(cursor, "singleEmbeddingParams");
  const text = params && object(params, "text");
  const input = params && decodeRequestInput(params, text);
  const dimensions = params && integer(params, "embeddingDimension", [1, 1_000_000]);
  if (params !== undefined) noteUnknown(params, PARAM_MEMBERS);
  noteUnknown(cursor, REQUEST_MEMBERS);
  return outcome(cursor, {
    $typeName: "parlance.embed.v1.EmbedSpec",
    fallbacks: [],
    model: stringAt(json, "model") ?? "",
    inputs: input === undefined ? [] : [input],
    ...(dimensions === undefined ? undefined : { dimensions }),
    encoding: EmbedEncoding.UNSPECIFIED,
    user: "",
    inputType: (params && string(params, "embeddingPurpose")) ?? "",
    truncate: (text && string(text, "truncationMode")) ?? "",
    extrasJson: takeExtras(cursor, DIALECT, 0),
  });
}

function decodeRequestInput(params: Cursor, text: Cursor | undefined): EmbedInput | undefined {
  const image = object(params, "image");
  if (text !== undefined && image !== undefined)
    return problem(params, "image", "one request is for one text or one picture");
  if (text !== undefined) {
    noteUnknown(text, TEXT_MEMBERS);
    const value = requiredString(text, "value");
    return value === "" ? problem(text, "value", "must not be empty") : textInput(value);
  }
  if (image === undefined)
    return problem(params, "text", "is required: of other media there is only image");
  noteUnknown(image, IMAGE_MEMBERS);
  const source = requiredObject(image, "source");
  if (source === undefined) return undefined;
  noteUnknown(source, SOURCE_MEMBERS);
  const base64 = string(source, "bytes");
  if (base64 === undefined) return missing(source, "bytes");
  return imageInput(source, "bytes", { base64, format: string(image, "format") ?? "" });
}

/** An answer of Nova's. */
export function encodeNovaAnswer(result: EmbedResult, request: JsonObject): string {
  const params = objectAt(request, "singleEmbeddingParams") ?? {};
  const embeddingType = params.image === undefined ? "TEXT" : "IMAGE";
  return writeJson({
    embeddings: result.embeddings.map((one) => ({
      embeddingType,
      embedding: floatsOf(one) ?? [],
    })),
  });
}
