import type { EmbedResult, EmbedSpec } from "../../../../gen/parlance/embed/v1/embedding_pb.js";
import { ErrorReason } from "../../../../gen/parlance/error/v1/error_reason_pb.js";
import { dropped, type EncodeReport, refuse } from "../../../core/fidelity/encode-report.ts";
import { intAt, type JsonObject } from "../../../json/json.ts";
import type { Body } from "../../../json/members.ts";
import { embedInputs, reportEncoding } from "./input.ts";
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

/** Undefined: not an answer of Titan. */
export function decodeTitan(json: JsonObject): EmbedResult | undefined {
  const vector = floatVector(json.embedding);
  return vector === undefined
    ? undefined
    : embedResult([vector], intAt(json, "inputTextTokenCount"), "", {});
}
