import type { Usage } from "../../../gen/parlance/chat/v1/usage_pb.js";
import type { Frame, FrameText, FrameWatch, OriginBody, Passthrough } from "../../core/dialect.ts";
import type { Fault } from "../../core/faults/fault.ts";
import type { Fit } from "../../core/fidelity/fit.ts";
import type { OperationName } from "../../core/operation.ts";
import type { WireRequest } from "../../core/wire-request.ts";
import { editTopLevel, type JsonEdits } from "../../json/edit.ts";
import { asBuffer, isObject, type JsonObject, parseJson } from "../../json/json.ts";
import type { JsonText } from "../../json/json-text.ts";
import { sliceElements, sliceJson } from "../../json/slice.ts";
import { findLastMember } from "../../json/tail.ts";
import { writeJson } from "../../json/write.ts";
import { holdsVectors, inputCount } from "../shared/answers/vector-count.ts";
import { isReadable } from "../shared/answers/whole-counts.ts";
import { postJson } from "../shared/post-json.ts";
import { asks } from "./fit/asks.ts";
import { fitContents, holdsSeal } from "./fit/fit.ts";
import { mendAnswer } from "./mend/response.ts";
import { decodeUsage } from "./usage.ts";
import { servesContent } from "./vendor/embed.ts";
import { decodeEmbeddings } from "./vendor/embed-response.ts";
import { errorObject, faultOf } from "./vendor/error.ts";
import { type GeminiOptions, isVertex, type Method, methodPath, resourceName } from "./wire.ts";

/**
 * The byte path. The model is in the path; the members `model` and `stream`, by which the edge
 * tells what a client's path said, are taken out of the body again. Every frame is handed on.
 */
export const passthrough: Passthrough<Readonly<Record<string, unknown>>> = {
  fit,
  asks,
  request,
  scanUsage,
  readable,
  watch,
};

/** Google AI Studio and Vertex AI differ in the bodies of embeddings and of counts. */
function fit(operation: OperationName, origin: OriginBody, options: GeminiOptions): Fit {
  if (!isOfHost(operation, origin.json, options)) return "translated";
  if (operation === "chat") return fitContents(origin, options);
  return operation === "count_tokens" && holdsSeal(origin) ? "encoded" : "as_is";
}

function isOfHost(operation: OperationName, json: JsonObject, options: GeminiOptions): boolean {
  const has = (member: string): boolean => json[member] !== undefined;
  if (operation === "count_tokens")
    return !has(isVertex(options) ? "generateContentRequest" : "instances");
  if (operation !== "embed") return true;
  if (!isVertex(options)) return !has("instances") && !has("embedContentConfig");
  return servesContent(options) ? has("embedContentConfig") : has("instances");
}

function request(operation: OperationName, body: Uint8Array, options: GeminiOptions): WireRequest {
  const method = methodOf(operation, body, options);
  const edited = editTopLevel(body, editsOf(method, body, options)) ?? body;
  return postJson(methodPath(options, method), edited);
}

function methodOf(operation: OperationName, body: Uint8Array, { stream }: GeminiOptions): Method {
  if (operation === "count_tokens") return "countTokens";
  if (operation === "chat") return stream ? "streamGenerateContent" : "generateContent";
  if (sliceJson(body, ["requests"]) !== undefined) return "batchEmbedContents";
  return sliceJson(body, ["instances"]) === undefined ? "embedContent" : "predict";
}

/** Some bodies name the model again, and the vendor refuses another one than the path's. */
function editsOf(method: Method, body: Uint8Array, options: GeminiOptions): JsonEdits {
  const out = { model: null, stream: null };
  if (isVertex(options)) return out;
  const model = JSON.stringify(resourceName(options.model));
  if (method === "countTokens" && sliceJson(body, ["generateContentRequest"]) !== undefined) {
    return { ...out, generateContentRequest: { model } };
  }
  const requests = method === "batchEmbedContents" ? sliceJson(body, ["requests"]) : undefined;
  const elements = requests === undefined ? undefined : sliceElements(requests);
  if (elements === undefined) return out;
  const edited = elements.map((element) =>
    asBuffer(editTopLevel(element, { model }) ?? element).toString("utf8"),
  );
  return { ...out, requests: `[${edited.join(",")}]` };
}

function scanUsage(operation: OperationName, answer: JsonText): Usage | undefined {
  if (operation === "chat") return usageIn(answer.bytes);
  const parsed = operation === "embed" ? answer.parse() : undefined;
  const decoded = parsed?.ok === true ? decodeEmbeddings(parsed.value) : undefined;
  return decoded?.ok === true ? decoded.value.usage : undefined;
}

/**
 * What clients may fail at: arguments that are a text, a reason in the words of another dialect,
 * counts that are texts or fractions.
 */
const SUSPECT =
  /"args"\s*:\s*"|"finishReason"\s*:\s*(?:null|"(?![A-Z_]+"))|TokenCount"\s*:\s*(?:"|-?\d+\.)/;

function isSuspect(body: Uint8Array): boolean {
  return SUSPECT.test(asBuffer(body).toString("latin1"));
}

function isWhole(json: JsonObject): boolean {
  return JSON.stringify(mendAnswer(json)) === JSON.stringify(json);
}

function readable(operation: OperationName, answer: JsonText, request: JsonObject): boolean {
  if (operation === "chat") return !isSuspect(answer.bytes) || isReadable(answer, isWhole);
  if (operation !== "embed") return true;
  return holdsVectors(answer, decodeEmbeddings, inputCount(request, ["requests", "instances"]));
}

function usageIn(body: Uint8Array): Usage | undefined {
  const member = findLastMember(body, "usageMetadata");
  if (member === undefined) return undefined;
  const parsed = parseJson(body.subarray(member.valueStart, member.valueEnd));
  return parsed.ok && isObject(parsed.value) ? decodeUsage(parsed.value) : undefined;
}

/** A frame as clients read it; undefined where they read it as it is. */
function mendFrame(data: Uint8Array): FrameText | undefined {
  const parsed = parseJson(data);
  if (!parsed.ok || !isObject(parsed.value) || isWhole(parsed.value)) return undefined;
  return `data: ${writeJson(mendAnswer(parsed.value))}\n\n`;
}

/** Frames are searched and not parsed: in JSON text a bare `"word"` is never content. */
function watch(): FrameWatch {
  let ended = false;
  return {
    see({ data }: Frame) {
      const bytes = asBuffer(data);
      if (bytes.includes('"finishReason"') || bytes.includes('"blockReason"')) ended = true;
      const fault = bytes.includes('"error"') ? faultIn(data) : undefined;
      if (fault !== undefined) return { forward: true, fault };
      const usage = bytes.includes('"usageMetadata"') ? usageIn(bytes) : undefined;
      const mended = isSuspect(data) ? mendFrame(data) : undefined;
      return {
        forward: true,
        ...(usage === undefined ? undefined : { usage }),
        ...(mended === undefined ? undefined : { instead: mended }),
      };
    },
    ended: () => ended,
    missingEnd: () => "",
  };
}

function faultIn(data: Uint8Array): Fault | undefined {
  const parsed = parseJson(data);
  const json = parsed.ok ? errorObject(parsed.value) : undefined;
  return json?.error === undefined ? undefined : faultOf(json);
}
