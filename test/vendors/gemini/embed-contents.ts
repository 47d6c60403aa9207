import { asNumber, asObject, asObjects, asString, isSet, type JsonObject } from "../json-value.ts";
import type { VendorReply } from "../vendor-reply.ts";
import type { GeminiFault } from "./gemini-error.ts";
import { geminiHeaders } from "./gemini-headers.ts";
import { unknownFields } from "./known-fields.ts";

/** Dimensions of a vector when the request names none. */
export const defaultDimensions = 8;

const taskTypes = [
  "TASK_TYPE_UNSPECIFIED",
  "RETRIEVAL_QUERY",
  "RETRIEVAL_DOCUMENT",
  "SEMANTIC_SIMILARITY",
  "CLASSIFICATION",
  "CLUSTERING",
  "QUESTION_ANSWERING",
  "FACT_VERIFICATION",
  "CODE_RETRIEVAL_QUERY",
];

/**
 * The first fault in a request of `embedContent` or `batchEmbedContents`, or undefined.
 * https://ai.google.dev/api/embeddings (2026-11)
 */
export function validateEmbed(
  body: JsonObject,
  model: string,
  batch: boolean,
): GeminiFault | undefined {
  const unknown = unknownFields(body, batch ? "batchEmbed" : "embed");
  if (unknown !== undefined) return unknown;
  const requests = asObjects(body.requests);
  if (!batch) return validateOne(body, model, "EmbedContentRequest", false);
  if (requests.length === 0)
    return { message: "* BatchEmbedContentsRequest.requests: requests must not be empty\n" };
  if (requests.length > 100)
    return {
      message: "* BatchEmbedContentsRequest.requests: at most 100 requests can be in one batch\n",
    };
  for (const [index, request] of requests.entries()) {
    const fault = validateOne(request, model, `BatchEmbedContentsRequest.requests[${index}]`, true);
    if (fault !== undefined) return fault;
  }
  return undefined;
}

function validateOne(
  request: JsonObject,
  model: string,
  at: string,
  batched: boolean,
): GeminiFault | undefined {
  const named = asString(request.model);
  const task = asString(request.taskType);
  const parts = asObjects(asObject(request.content)?.parts);
  if (batched && named === undefined) return { message: `* ${at}.model: model is not specified\n` };
  if (named !== undefined && named !== `models/${model}`) {
    return { message: `* ${at}.model: the model of a request must be that of the path\n` };
  }
  if (parts.length === 0) return { message: `* ${at}.content: content is not specified\n` };
  if (task !== undefined && !taskTypes.includes(task)) {
    return {
      message: `Invalid value at '${at}.task_type' (type.googleapis.com/google.ai.generativelanguage.v1beta.TaskType), "${task}"`,
    };
  }
  const dimensions = asNumber(request.outputDimensionality);
  return isSet(request.outputDimensionality) && (dimensions === undefined || dimensions < 1)
    ? { message: `* ${at}.output_dimensionality: must be positive\n` }
    : undefined;
}

/** A vector for each request, or the only one: the length of its text, then eighths. */
export function embedReply(body: JsonObject, batch: boolean): VendorReply {
  const requests = batch ? asObjects(body.requests) : [body];
  const embeddings = requests.map((request) => {
    const text = asObjects(asObject(request.content)?.parts)
      .map((part) => asString(part.text) ?? "")
      .join("");
    const length = asNumber(request.outputDimensionality) ?? defaultDimensions;
    return {
      values: Array.from({ length }, (_, index) => (index === 0 ? text.length : index / 8)),
    };
  });
  const json = batch ? { embeddings } : { embedding: embeddings[0] };
  return {
    status: 200,
    headers: geminiHeaders(),
    frames: [Buffer.from(JSON.stringify(json, null, 2))],
    ending: "end",
  };
}
