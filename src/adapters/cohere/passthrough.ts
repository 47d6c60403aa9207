import type { Usage } from "../../../gen/parlance/chat/v1/usage_pb.js";
import type { FrameWatch, OriginBody, Passthrough } from "../../core/dialect.ts";
import { malformed } from "../../core/faults/fault.ts";
import type { Fit } from "../../core/fidelity/fit.ts";
import type { OperationName } from "../../core/operation.ts";
import { prefillOf } from "../../core/traits/body-prefill.ts";
import type { WireRequest } from "../../core/wire-request.ts";
import { editTopLevel } from "../../json/edit.ts";
import {
  arrayAt,
  asBuffer,
  isObject,
  type JsonObject,
  objectAt,
  parseJson,
  stringAt,
} from "../../json/json.ts";
import type { JsonText } from "../../json/json-text.ts";
import { scanTopLevel, skipBlanks } from "../../json/scan.ts";
import { findLastMember } from "../../json/tail.ts";
import { holdsVectors, inputCount } from "../shared/answers/vector-count.ts";
import { hasWholeCounts, isReadable } from "../shared/answers/whole-counts.ts";
import { postJson } from "../shared/post-json.ts";
import { asks } from "./fit/asks.ts";
import { decodeUsage } from "./usage.ts";
import { decodeEmbedResponse } from "./vendor/embed-response.ts";
import { decodeErrorObject, finishFault } from "./vendor/error.ts";
import { CHAT_PATH, type CohereOptions, EMBED_PATH, RERANK_PATH, RERANK_V1_PATH } from "./wire.ts";

/** The byte path: the only edit of a request is the model; every frame is handed on. */
export const passthrough: Passthrough<Readonly<Record<string, unknown>>> = {
  asks,
  fit,
  request,
  scanUsage,
  readable,
  watch,
};

/** The vendor goes on with no answer. */
function fit(operation: OperationName, { json }: OriginBody): Fit {
  return operation === "chat" && prefillOf(json) !== undefined ? "encoded" : "as_is";
}

function request(operation: OperationName, body: Uint8Array, options: CohereOptions): WireRequest {
  const edited = editTopLevel(body, { model: JSON.stringify(options.model) }) ?? body;
  return postJson(pathOf(operation, body), edited);
}

function pathOf(operation: OperationName, body: Uint8Array): string {
  if (operation === "embed") return EMBED_PATH;
  if (operation === "rerank") return isFormerRerank(body) ? RERANK_V1_PATH : RERANK_PATH;
  return CHAT_PATH;
}

const formerMembers: ReadonlySet<string> = new Set([
  "return_documents",
  "rank_fields",
  "max_chunks_per_doc",
]);

/**
 * Whether a rerank request has what only v1 understands: its knobs, or documents that are objects.
 */
function isFormerRerank(body: Uint8Array): boolean {
  const bytes = asBuffer(body);
  return (scanTopLevel(bytes) ?? []).some(({ key, valueStart, valueEnd }) => {
    if (formerMembers.has(key)) return true;
    if (key !== "documents") return false;
    const parsed =
      bytes[valueStart] === 0x5b ? parseJson(bytes.subarray(valueStart, valueEnd)) : undefined;
    return parsed?.ok === true && Array.isArray(parsed.value) && parsed.value.some(isObject);
  });
}

function scanUsage(operation: OperationName, answer: JsonText): Usage | undefined {
  if (operation === "chat") {
    const usage = answer.object()?.usage;
    return isObject(usage) ? decodeUsage(usage) : undefined;
  }
  const { bytes } = answer;
  const member = findLastMember(bytes, "meta");
  if (member === undefined) return undefined;
  const parsed = parseJson(bytes.subarray(member.valueStart, member.valueEnd));
  return parsed.ok && isObject(parsed.value) ? decodeUsage(parsed.value) : undefined;
}

/**
 * Clients may fail at a reason in the words of another dialect, arguments that are no text, counts
 * that are texts.
 */
function isWhole(json: JsonObject): boolean {
  const message = objectAt(json, "message");
  if (message === undefined) return true;
  const calls = arrayAt(message, "tool_calls") ?? [];
  return (
    (json.finish_reason === undefined || /^[A-Z_]+$/.test(stringAt(json, "finish_reason") ?? "")) &&
    calls.every((call) => isObject(call) && hasText(objectAt(call, "function"))) &&
    hasWholeCounts(json.usage, "_tokens")
  );
}

function hasText(made: JsonObject | undefined): boolean {
  return typeof made?.arguments === "string";
}

function readable(operation: OperationName, answer: JsonText, request: JsonObject): boolean {
  if (operation === "chat") return isReadable(answer, isWhole);
  if (operation !== "embed") return true;
  return holdsVectors(answer, decodeEmbedResponse, inputCount(request, INPUTS));
}

const INPUTS = ["texts", "images", "inputs"];

const FORWARD = { forward: true } as const;

/** Only the last frame is parsed: `message-end` tells usage and whether the answer failed. */
function watch(): FrameWatch {
  let ended = false;
  return {
    ended: () => ended,
    missingEnd: () => "",
    see(frame) {
      if (!matters(frame.event, frame.data)) return FORWARD;
      const parsed = parseJson(frame.data);
      if (!parsed.ok || !isObject(parsed.value)) {
        return { forward: false, fault: malformed("a frame of the stream is not a JSON object") };
      }
      const type = stringAt(parsed.value, "type") ?? frame.event;
      if (type === "error") return { forward: false, fault: decodeErrorObject(parsed.value) };
      if (type !== "message-end") return FORWARD;
      const seen = seeEnd(objectAt(parsed.value, "delta") ?? {});
      ended = seen.fault === undefined;
      return seen;
    },
  };
}

function seeEnd(delta: JsonObject): ReturnType<FrameWatch["see"]> {
  const fault = finishFault(stringAt(delta, "finish_reason") ?? "", stringAt(delta, "error") ?? "");
  if (fault !== undefined) return { forward: true, fault };
  const usage = objectAt(delta, "usage");
  return usage === undefined ? FORWARD : { forward: true, usage: decodeUsage(usage) };
}

/** Without an event name the data tell: in JSON text a bare `"word"` is never content. */
function matters(event: string, data: Uint8Array): boolean {
  if (event !== "") return event === "message-end" || event === "error";
  const bytes = asBuffer(data);
  if (bytes[skipBlanks(bytes, 0)] !== 0x7b) return false;
  return bytes.includes('"message-end"') || bytes.includes('"error"');
}
