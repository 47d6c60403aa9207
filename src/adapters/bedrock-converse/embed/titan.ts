import {
  EmbedEncoding,
  type EmbedInput,
  type EmbedResult,
  type EmbedSpec,
} from "../../../../gen/parlance/embed/v1/embedding_pb.js";
import { ErrorReason } from "../../../../gen/parlance/error/v1/error_reason_pb.js";
import type { Decoded } from "../../../core/dialect.ts";
import { dropped, type EncodeReport, refuse } from "../../../core/fidelity/encode-report.ts";
import { intAt, type JsonObject, objectAt, stringAt } from "../../../json/json.ts";
import { type Body, isPresent, membersOf } from "../../../json/members.ts";
import { rawJson, writeJson } from "../../../json/write.ts";
import { floatsOf, unitLength } from "../../shared/answers/vector-numbers.ts";
import { noteUnknown, takeExtras } from "../../shared/notes/unknown-members.ts";
import {
  boolean,
  type Cursor,
  integer,
  object,
  openRequest,
  outcome,
  problem,
  requiredName,
  string,
  strings,
} from "../../shared/request-cursor.ts";
import { DIALECT } from "../wire.ts";
import { embedInputs, imageInput, reportEncoding, textInput } from "./input.ts";
import { embedResult, floatVector } from "./vector.ts";

/**
 * Titan embeds one input a call. See
 * https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters-titan-embed-text.html and
 * https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters-titan-embed-mm.html.
 */
export function encodeTitan(
  spec: EmbedSpec,
  family: "titan-text" | "titan-text-v2" | "titan-image",
  report: EncodeReport,
): Body {
  const body: Body = {};
  const [input] = embedInputs(spec, report);
  if (input?.kind === "text") body.inputText = input.text;
  else if (input !== undefined && family === "titan-image") body.inputImage = input.base64;
  else if (input !== undefined)
    refuse(report, ErrorReason.UNSUPPORTED, "inputs[0].image", "the model embeds text only");
  const { dimensions } = spec;
  if (dimensions !== undefined) {
    if (family === "titan-text-v2") body.dimensions = dimensions;
    else if (family === "titan-image") body.embeddingConfig = { outputEmbeddingLength: dimensions };
    else dropped(report, "dimensions");
  }
  reportEncoding(spec.encoding, report);
  if (spec.inputType !== "") dropped(report, "input_type");
  if (spec.truncate !== "")
    dropped(report, "truncate", "the model refuses inputs that are too long");
  return body;
}

/**
 * Undefined: not an answer of Titan. Vectors of other kinds than numbers are kept as extras; where
 * there are no numbers beside them, the vector is unset.
 */
export function decodeTitan(json: JsonObject): EmbedResult | undefined {
  const byType = objectAt(json, "embeddingsByType") ?? {};
  const { float, ...others } = byType;
  const kept = Object.keys(others).length > 0;
  const vector =
    floatVector(json.embedding) ?? floatVector(float) ?? (kept ? { case: undefined } : undefined);
  if (vector === undefined) return undefined;
  const extras = kept ? { [DIALECT]: JSON.stringify({ embeddingsByType: others }) } : {};
  return embedResult([vector], intAt(json, "inputTextTokenCount"), "", extras);
}

const REQUEST_MEMBERS: ReadonlySet<string> = new Set([
  "model",
  "inputText",
  "inputImage",
  "dimensions",
  "normalize",
  "embeddingTypes",
  "embeddingConfig",
]);

const CONFIG_MEMBERS: ReadonlySet<string> = new Set(["outputEmbeddingLength"]);

/**
 * A body of Titan's. Vectors of other kinds than numbers, and those that are not to be normalized,
 * only its vendor has: such wishes are extras. See
 * https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters-titan-embed-text.html and
 * https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters-titan-embed-mm.html.
 */
export function decodeTitanRequest(json: JsonObject, body: Uint8Array): Decoded<EmbedSpec> {
  const cursor = openRequest(json, body);
  const input = decodeRequestInput(cursor);
  const config = object(cursor, "embeddingConfig");
  const bounds = [1, 1_000_000] as const;
  const dimensions =
    integer(cursor, "dimensions", bounds) ??
    (config && integer(config, "outputEmbeddingLength", bounds));
  const kinds = strings(cursor, "embeddingTypes");
  const unread = [
    ...(kinds.every((kind) => kind === "float") ? [] : ["embeddingTypes"]),
    ...(boolean(cursor, "normalize") === false ? ["normalize"] : []),
  ];
  if (config !== undefined) noteUnknown(config, CONFIG_MEMBERS);
  noteUnknown(cursor, REQUEST_MEMBERS, unread);
  return outcome(cursor, {
    $typeName: "parlance.embed.v1.EmbedSpec",
    fallbacks: [],
    model: stringAt(json, "model") ?? "",
    inputs: input === undefined ? [] : [input],
    ...(dimensions === undefined ? undefined : { dimensions }),
    encoding: EmbedEncoding.UNSPECIFIED,
    user: "",
    inputType: "",
    truncate: "",
    extrasJson: takeExtras(cursor, DIALECT, 0),
  });
}

function decodeRequestInput(cursor: Cursor): EmbedInput | undefined {
  const base64 = string(cursor, "inputImage");
  if (base64 === undefined) {
    const text = requiredName(cursor, "inputText");
    return text === "" ? undefined : textInput(text);
  }
  if (isPresent(cursor.json.inputText))
    return problem(
      cursor,
      "inputImage",
      "one vector of a text and a picture is not served: send them in two requests",
    );
  return imageInput(cursor, "inputImage", { base64 });
}

/**
 * An answer of Titan's. Vectors have length 1 unless the request says otherwise, as Titan's have,
 * and the tokens are 0 where the vendor does not say.
 */
export function encodeTitanAnswer(result: EmbedResult, request: JsonObject): string {
  const floats = floatsOf(result.embeddings[0]);
  const embedding =
    floats === undefined || request.normalize === false ? floats : unitLength(floats);
  const body: Body = {
    embedding,
    inputTextTokenCount: Number(result.usage?.inputTokens ?? 0n),
    ...(request.inputImage === undefined
      ? { embeddingsByType: { float: embedding, ...otherKinds(result.extrasJson[DIALECT]) } }
      : { message: null }),
  };
  return writeJson(body);
}

/** Vectors of other kinds, as the vendor wrote them. */
function otherKinds(extras = ""): Body {
  const [, text = ""] = membersOf(extras)?.find(([key]) => key === "embeddingsByType") ?? [];
  return Object.fromEntries((membersOf(text) ?? []).map(([kind, list]) => [kind, rawJson(list)]));
}
