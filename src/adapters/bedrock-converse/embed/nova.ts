import type { EmbedResult, EmbedSpec } from "../../../../gen/parlance/embed/v1/embedding_pb.js";
import {
  dropped,
  type EncodeReport,
  emulated,
  mapped,
} from "../../../core/fidelity/encode-report.ts";
import { arrayAt, intAt, isObject, type JsonObject } from "../../../json/json.ts";
import type { Body } from "../../../json/members.ts";
import type { Writable } from "../../../json/write.ts";
import { embedInputs, reportEncoding } from "./input.ts";
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
