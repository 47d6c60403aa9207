import type { Usage } from "../../../gen/parlance/chat/v1/usage_pb.js";
import type { Frame, FrameText, FrameWatch, OriginBody, Passthrough } from "../../core/dialect.ts";
import { isDone } from "../../core/dispatch/done-mark.ts";
import { malformed } from "../../core/faults/fault.ts";
import { finishFault as foreignFault } from "../../core/faults/finish-fault.ts";
import type { Fit } from "../../core/fidelity/fit.ts";
import type { OperationName } from "../../core/operation.ts";
import type { PassContext } from "../../core/pass-context.ts";
import { prefillOf } from "../../core/traits/body-prefill.ts";
import type { WireRequest } from "../../core/wire-request.ts";
import { editTopLevel } from "../../json/edit.ts";
import {
  arrayAt,
  asBuffer,
  isObject,
  type Json,
  type JsonObject,
  objectAt,
  parseJson,
  stringAt,
} from "../../json/json.ts";
import type { JsonText } from "../../json/json-text.ts";
import { plainArguments } from "../../json/plain-arguments.ts";
import { scanTopLevel, skipBlanks } from "../../json/scan.ts";
import { findLastMember } from "../../json/tail.ts";
import { writeJson } from "../../json/write.ts";
import { holdsVectors, inputCount } from "../shared/answers/vector-count.ts";
import { hasWholeCounts, isReadable } from "../shared/answers/whole-counts.ts";
import { postJson } from "../shared/post-json.ts";
import { pairsCalls } from "../turns/body-turns.ts";
import { decodeFinishReason } from "./finish-reason.ts";
import { asks } from "./fit/asks.ts";
import { mendedWord } from "./mend/part.ts";
import { createEventMender } from "./mend/stream.ts";
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

/** The vendor goes on with no answer, and refuses calls without results and the reverse. */
function fit(operation: OperationName, { json }: OriginBody): Fit {
  if (operation !== "chat") return "as_is";
  return prefillOf(json) === undefined && pairsCalls(json) ? "as_is" : "encoded";
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
 * Clients may fail at a reason in the words of another dialect, contents that are no list or have
 * no type, calls without id, arguments that are no object in a text, counts that are texts.
 */
function isWhole(json: JsonObject): boolean {
  const message = objectAt(json, "message");
  if (message === undefined) return true;
  const { content } = message;
  const calls = arrayAt(message, "tool_calls") ?? [];
  const word = stringAt(json, "finish_reason") ?? "";
  return (
    (json.finish_reason === undefined || mendedWord(word, calls.length > 0) === word) &&
    (content === undefined ||
      content === null ||
      (Array.isArray(content) && content.every(isTyped))) &&
    calls.every(isWholeCall) &&
    hasWholeCounts(json.usage, "_tokens")
  );
}

function isTyped(content: Json): boolean {
  return isObject(content) && typeof content.type === "string";
}

function isWholeCall(call: Json): boolean {
  if (!isObject(call) || (stringAt(call, "id") ?? "") === "") return false;
  const { arguments: input } = objectAt(call, "function") ?? {};
  return typeof input === "string" && plainArguments(input) === input;
}

function readable(operation: OperationName, answer: JsonText, request: JsonObject): boolean {
  if (operation === "chat") return isReadable(answer, isWhole);
  if (operation !== "embed") return true;
  return holdsVectors(answer, decodeEmbedResponse, inputCount(request, INPUTS));
}

const INPUTS = ["texts", "images", "inputs"];

const FORWARD = { forward: true } as const;

/** Frames of deltas as the vendor writes them are not parsed. */
function watch(_clientWantsUsage: boolean, context: PassContext = NO_CALL): FrameWatch {
  const mender = createEventMender(context);
  let ended = false;

  function read(frame: Frame, json: JsonObject): Seen {
    const type = stringAt(json, "type") ?? frame.event;
    if (type === "error") return { forward: false, fault: decodeErrorObject(json) };
    const events = mender.mend(type, json);
    const same = events.length === 1 && events[0] === json;
    const shown = same ? FORWARD : { forward: true, instead: events.map(printEvent).join("") };
    if (type !== "message-end") return shown;
    const seen = seeEnd(objectAt(json, "delta") ?? {});
    ended ||= seen.fault === undefined;
    return { ...shown, ...seen };
  }

  function close(): Seen {
    const events = mender.close();
    ended ||= events.length > 0;
    return events.length === 0
      ? FORWARD
      : { forward: true, instead: events.map(printEvent).join("") };
  }

  return {
    ended: () => ended,
    missingEnd: () => "",
    see(frame) {
      if (frame.data.length === 0 || mender.flows(frame)) return FORWARD;
      if (isDone(frame.data)) return close();
      const parsed = parseJson(frame.data);
      if (parsed.ok && isObject(parsed.value)) return read(frame, parsed.value);
      if (!matters(frame.event, frame.data)) return FORWARD;
      return { forward: false, fault: malformed("a frame of the stream is not a JSON object") };
    },
  };
}

const NO_CALL: PassContext = { callId: "", model: "", nowUnixS: 0 };

type Seen = ReturnType<FrameWatch["see"]>;

function printEvent(event: JsonObject): FrameText {
  return `event: ${String(event.type)}\ndata: ${writeJson(event)}\n\n`;
}

function seeEnd(delta: JsonObject): ReturnType<FrameWatch["see"]> {
  const word = stringAt(delta, "finish_reason") ?? "";
  const fault =
    finishFault(word, stringAt(delta, "error") ?? "") ??
    foreignFault({ reason: decodeFinishReason(word), vendorReason: word });
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
