import type { EmbedResult, EmbedSpec } from "../../../../gen/parlance/embed/v1/embedding_pb.js";
import { EmbedEncoding } from "../../../../gen/parlance/embed/v1/embedding_pb.js";
import { ErrorReason } from "../../../../gen/parlance/error/v1/error_reason_pb.js";
import {
  dropped,
  type EncodeReport,
  emulated,
  mapped,
  refuse,
} from "../../../core/fidelity/encode-report.ts";
import { arrayAt, type Json, type JsonObject, objectAt, stringAt } from "../../../json/json.ts";
import { type Body, unknownMembers } from "../../../json/members.ts";
import { noSource } from "../../../json/source-slice.ts";
import type { Writable } from "../../../json/write.ts";
import { DIALECT } from "../wire.ts";
import { type EmbedInputValue, embedInputs } from "./input.ts";
import { embedResult, floatVector, int8Vector } from "./vector.ts";

/**
 * Cohere's own body. See
 * https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters-embed-v3.html and
 * https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters-embed-v4.html.
 */
export function encodeCohere(spec: EmbedSpec, v4: boolean, report: EncodeReport): Body {
  const body: Body = { input_type: inputTypeOf(spec, v4, report) };
  addInputs(body, embedInputs(spec, report), v4, report);
  if (spec.truncate !== "") body.truncate = spec.truncate;
  if (spec.dimensions !== undefined) {
    if (v4) body.output_dimension = spec.dimensions;
    else dropped(report, "dimensions");
  }
  const numbers = spec.encoding === EmbedEncoding.FLOAT || spec.encoding === EmbedEncoding.BASE64;
  if (numbers) mapped(report, "encoding");
  if (spec.encoding === EmbedEncoding.INT8) body.embedding_types = ["int8"];
  else if (v4) body.embedding_types = ["float"];
  return body;
}

/**
 * Undefined: not an answer of Cohere. Vectors come in a list, or by their type where types were
 * requested.
 */
export function decodeCohere(json: JsonObject): EmbedResult | undefined {
  const byType = objectAt(json, "embeddings");
  const list =
    byType === undefined
      ? arrayAt(json, "embeddings")
      : (arrayAt(byType, "float") ?? arrayAt(byType, "int8"));
  if (list === undefined) return undefined;
  const read =
    byType !== undefined && arrayAt(byType, "float") === undefined ? int8Vector : floatVector;
  const vectors = list.map((item: Json) => read(item)).filter((vector) => vector !== undefined);
  if (vectors.length !== list.length) return undefined;
  const extras = unknownMembers(json, noSource, KNOWN);
  return embedResult(
    vectors,
    undefined,
    stringAt(json, "id") ?? "",
    extras === "" ? {} : { [DIALECT]: extras },
  );
}

/** The reply repeats the inputs as well. */
const KNOWN: ReadonlySet<string> = new Set([
  "embeddings",
  "id",
  "response_type",
  "texts",
  "images",
  "inputs",
]);

function inputTypeOf(spec: EmbedSpec, v4: boolean, report: EncodeReport): string {
  if (spec.inputType !== "") return spec.inputType;
  const pictures =
    !v4 && spec.inputs.length > 0 && spec.inputs.every(({ input }) => input.case === "image");
  const word = pictures ? "image" : "search_document";
  emulated(report, "input_type", `${word}, for the vendor demands a purpose`);
  return word;
}

function addInputs(
  body: Body,
  inputs: readonly EmbedInputValue[],
  v4: boolean,
  report: EncodeReport,
): void {
  const texts = inputs.flatMap((input) => (input.kind === "text" ? [input.text] : []));
  const images = inputs.flatMap((input) => (input.kind === "image" ? [dataUrl(input)] : []));
  if (images.length === 0) body.texts = texts;
  else if (texts.length === 0) body.images = images;
  else if (v4) body.inputs = inputs.map((input) => ({ content: [contentOf(input)] }));
  else
    refuse(
      report,
      ErrorReason.UNSUPPORTED,
      "inputs",
      "the model takes texts or pictures in one call, not both",
    );
}

function contentOf(input: EmbedInputValue): Writable {
  return input.kind === "text"
    ? { type: "text", text: input.text }
    : { type: "image_url", image_url: dataUrl(input) };
}

function dataUrl({ format, base64 }: { readonly format: string; readonly base64: string }): string {
  return `data:image/${format};base64,${base64}`;
}
