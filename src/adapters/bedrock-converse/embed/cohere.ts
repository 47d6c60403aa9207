import {
  type Embedding,
  EmbedEncoding,
  type EmbedResult,
  type EmbedSpec,
} from "../../../../gen/parlance/embed/v1/embedding_pb.js";
import { ErrorReason } from "../../../../gen/parlance/error/v1/error_reason_pb.js";
import type { Decoded } from "../../../core/dialect.ts";
import {
  dropped,
  type EncodeReport,
  emulated,
  mapped,
  refuse,
} from "../../../core/fidelity/encode-report.ts";
import { printBase64 } from "../../../json/base64.ts";
import { arrayAt, type Json, type JsonObject, objectAt, stringAt } from "../../../json/json.ts";
import { type Body, membersOf, printMembers, unknownMembers } from "../../../json/members.ts";
import { noSource } from "../../../json/source-slice.ts";
import { rawJson, type Writable, writeJson } from "../../../json/write.ts";
import { readEmbedSpec } from "../../cohere/client/embed.ts";
import { floatsOf } from "../../shared/answers/vector-numbers.ts";
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
 * requested: of several the numbers count, and the others are kept as extras. Where there are only
 * others, vectors are unset.
 */
export function decodeCohere(json: JsonObject): EmbedResult | undefined {
  const byType = objectAt(json, "embeddings");
  const vectors = byType === undefined ? allOf(json.embeddings, floatVector) : vectorsOf(byType);
  if (vectors === undefined) return undefined;
  const others = Object.entries(byType ?? {}).filter(
    ([name, list]) => name !== READ.find((kind) => byType?.[kind] !== undefined) && list !== null,
  );
  const rest = unknownMembers(json, noSource, KNOWN);
  const extras = new Map(membersOf(rest));
  if (others.length > 0) extras.set("embeddings", JSON.stringify(Object.fromEntries(others)));
  return embedResult(
    vectors,
    undefined,
    stringAt(json, "id") ?? "",
    extras.size === 0 ? {} : { [DIALECT]: printMembers(extras) },
  );
}

/** The kinds of vectors that the contract has, the one that says most first. */
const READ = ["float", "int8"] as const;

function vectorsOf(byType: JsonObject): readonly Vector[] | undefined {
  if (byType.float !== undefined) return allOf(byType.float, floatVector);
  if (byType.int8 !== undefined) return allOf(byType.int8, int8Vector);
  const [other] = Object.values(byType);
  return allOf(other, () => ({ case: undefined }));
}

type Vector = Embedding["vector"];

function allOf(
  list: Json | undefined,
  read: (item: Json) => Vector | undefined,
): readonly Vector[] | undefined {
  if (!Array.isArray(list)) return undefined;
  const vectors = list.map((item: Json) => read(item)).filter((vector) => vector !== undefined);
  return vectors.length === list.length ? vectors : undefined;
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

/**
 * A body of Cohere's. See
 * https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters-embed-v3.html and
 * https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters-embed-v4.html.
 */
export function decodeCohereRequest(json: JsonObject, body: Uint8Array): Decoded<EmbedSpec> {
  return readEmbedSpec(json, body, DIALECT);
}

/**
 * An answer of Cohere's: one list of vectors, or lists by kind where the request names kinds.
 * `callId` stands for an id that the vendor does not give.
 */
export function encodeCohereAnswer(
  result: EmbedResult,
  request: JsonObject,
  callId: string,
): string {
  const byKind = (arrayAt(request, "embedding_types")?.length ?? 0) > 0;
  const texts = arrayAt(request, "texts");
  const body: Body = {
    id: result.id === "" ? callId : result.id,
    response_type: byKind ? "embeddings_by_type" : "embeddings_floats",
    embeddings: byKind ? kindsOf(result) : result.embeddings.map((one) => floatsOf(one) ?? []),
    ...(texts === undefined ? undefined : { texts }),
  };
  for (const [key, text] of membersOf(result.extrasJson[DIALECT] ?? "") ?? [])
    if (body[key] === undefined) body[key] = rawJson(text);
  return writeJson(body);
}

/** The vectors by their kind, and those of other kinds as the vendor wrote them. */
function kindsOf(result: EmbedResult): Body {
  const lists: Record<string, Writable[]> = {};
  for (const embedding of result.embeddings) {
    const kind = kindOf(embedding);
    if (kind === undefined) continue;
    lists[kind] ??= [];
    lists[kind].push(
      embedding.vector.case === "floatBytes"
        ? printBase64(embedding.vector.value)
        : (floatsOf(embedding) ?? []),
    );
  }
  const [, others = ""] =
    membersOf(result.extrasJson[DIALECT] ?? "")?.find(([key]) => key === "embeddings") ?? [];
  const kept = (membersOf(others) ?? []).map(([kind, text]) => [kind, rawJson(text)] as const);
  return { ...Object.fromEntries(kept), ...lists };
}

function kindOf({ vector }: Embedding): string | undefined {
  switch (vector.case) {
    case "floats":
      return "float";
    case "floatBytes":
      return "base64";
    case "int8Bytes":
      return "int8";
    case undefined:
      return undefined;
  }
}
