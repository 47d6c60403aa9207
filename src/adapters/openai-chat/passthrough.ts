import type { Usage } from "../../../gen/parlance/chat/v1/usage_pb.js";
import type { Frame, FrameText, FrameWatch, OriginBody, Passthrough } from "../../core/dialect.ts";
import { isDone } from "../../core/dispatch/done-mark.ts";
import { type Fault, malformed } from "../../core/faults/fault.ts";
import type { Fit } from "../../core/fidelity/fit.ts";
import type { OperationName } from "../../core/operation.ts";
import type { PassContext } from "../../core/pass-context.ts";
import type { WireRequest } from "../../core/wire-request.ts";
import { editTopLevel, type JsonEdits } from "../../json/edit.ts";
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
import { skipBlanks } from "../../json/scan.ts";
import { findLastMember } from "../../json/tail.ts";
import { writeJson } from "../../json/write.ts";
import { inputCount } from "../shared/answers/vector-count.ts";
import { hasWholeCounts, isReadable } from "../shared/answers/whole-counts.ts";
import { postJson } from "../shared/post-json.ts";
import { isFinishWord } from "./finish-reason.ts";
import { asks } from "./fit/asks.ts";
import { fitEmbed } from "./fit/embed.ts";
import { fitChat } from "./fit/fit.ts";
import { type ChunkMender, createChunkMender } from "./mend/stream.ts";
import { decodeUsage, usageOf } from "./usage.ts";
import { respellEmbedBody } from "./vendor/embed-shape.ts";
import { chunkFault } from "./vendor/stream.ts";
import type { ChatEncodeOptions, ChatQuirks, Draft } from "./wire.ts";

/** The byte path: the fitted bytes of the caller, but for the model and the request for usage. */
export const passthrough: Passthrough<ChatQuirks> = {
  fit,
  asks,
  request,
  scanUsage,
  readable,
  watch,
};

function fit(operation: OperationName, origin: OriginBody, options: ChatEncodeOptions): Fit {
  if (operation === "chat") return fitChat(origin, options);
  if (operation === "moderate") return fitModerate(origin, options);
  return operation === "embed" ? fitEmbed(origin, options) : "as_is";
}

/** A vendor of texts alone gets parts from the encoder, which refuses pictures by their names. */
function fitModerate({ json: { input } }: OriginBody, { quirks }: ChatEncodeOptions): Fit {
  if (quirks.moderationInput !== "text") return "as_is";
  return Array.isArray(input) && input.some(isObject) ? "encoded" : "as_is";
}

function request(
  operation: OperationName,
  body: Uint8Array,
  options: ChatEncodeOptions,
): WireRequest {
  const model = JSON.stringify(options.model);
  if (operation === "embed")
    return postJson("/embeddings", respellEmbedBody(body, model, options.quirks.embedShape));
  if (operation === "moderate")
    return postJson("/moderations", editTopLevel(body, { model }) ?? body);
  return postJson("/chat/completions", editChat(body, { ...options.edits, model }, options));
}

/** Makes the edits of a chat, and asks for usage in streams where the body can be edited so. */
export function editChat(
  body: Uint8Array,
  edits: JsonEdits,
  { stream, quirks }: ChatEncodeOptions,
): Uint8Array {
  const streamOptions = edits.stream_options === null ? WITH_USAGE : { include_usage: "true" };
  const edited =
    stream && quirks.streamUsage !== false
      ? editTopLevel(body, { ...edits, stream_options: streamOptions })
      : undefined;
  return edited ?? editTopLevel(body, edits) ?? body;
}

const WITH_USAGE = '{"include_usage":true}';

/** Of vectors the end alone is looked at: to parse them costs more than all else. */
function scanUsage(operation: OperationName, answer: JsonText): Usage | undefined {
  if (operation !== "embed") {
    const body = answer.object();
    return isObject(body?.usage) ? usageOf(body) : undefined;
  }
  const usage = usageAtEnd(answer.bytes);
  return isObject(usage) ? decodeUsage(usage) : undefined;
}

function usageAtEnd(bytes: Buffer): Json | undefined {
  const member = findLastMember(bytes, "usage");
  if (member === undefined) return undefined;
  const parsed = parseJson(bytes.subarray(member.valueStart, member.valueEnd));
  return parsed.ok ? parsed.value : undefined;
}

/** OpenAI's clients look for `flagged`, which Mistral leaves out. */
function readable(operation: OperationName, answer: JsonText, request: JsonObject): boolean {
  if (operation === "moderate") return answer.bytes.includes('"flagged"');
  if (operation === "embed") return hasVectors(answer.bytes, request);
  return operation !== "chat" || isReadable(answer, isWholeAnswer);
}

/**
 * Clients may fail at what some vendors send: content that is a list (Mistral), no reason of the
 * finish (Snowflake) or one in the words of another dialect, a tool call without an id (Gemini) or
 * with arguments that are no object in a text, counts that are texts or fractions.
 */
function isWholeAnswer(json: JsonObject): boolean {
  const choices = arrayAt(json, "choices");
  if (choices === undefined || isObject(json.error)) return true;
  return (
    choices.length > 0 && choices.every(isWholeChoice) && hasWholeCounts(json.usage, "_tokens")
  );
}

function isWholeChoice(choice: Json): boolean {
  if (!isObject(choice) || !isFinishWord(stringAt(choice, "finish_reason") ?? "")) return false;
  const message = objectAt(choice, "message");
  if (message === undefined) return false;
  const { content, tool_calls: calls } = message;
  if (typeof content === "object" && content !== null) return false;
  return (
    calls === undefined || calls === null || (Array.isArray(calls) && calls.every(isWholeCall))
  );
}

function isWholeCall(call: Json): boolean {
  if (!isObject(call) || (stringAt(call, "id") ?? "") === "") return false;
  if (call.type === "custom") return objectAt(call, "custom") !== undefined;
  const made = call.type === "function" ? objectAt(call, "function") : undefined;
  return (
    typeof made?.name === "string" &&
    typeof made.arguments === "string" &&
    plainArguments(made.arguments) === made.arguments
  );
}

/**
 * Whether there is a vector for each input, in the encoding that the client decodes: some servers
 * ignore it.
 */
function hasVectors(body: Buffer, request: JsonObject): boolean {
  const inputs = inputCount(request, ["input"]);
  const wanted = VECTORS.get(request.encoding_format ?? "float");
  let found = 0;
  for (let at = body.indexOf(VECTOR); at !== -1; at = body.indexOf(VECTOR, at + 1)) {
    const colon = skipBlanks(body, at + VECTOR.length);
    if (body[colon] !== 0x3a) continue;
    found += 1;
    if (wanted !== undefined && body[skipBlanks(body, colon + 1)] !== wanted) return false;
  }
  return found === inputs || !body.includes('"data"');
}

const VECTOR = '"embedding"';

/** What a vector begins with, by its encoding. */
const VECTORS: ReadonlyMap<Json, number> = new Map([
  ["float", 0x5b],
  ["base64", 0x22],
]);

/**
 * A frame is parsed only when it holds usage, an error that is not null, no choices, or something
 * that clients may not read; most others cost two native searches.
 */
function watch(clientWantsUsage: boolean, context: PassContext = NO_CALL): FrameWatch {
  return watchFrames(clientWantsUsage, createChunkMender(context));
}

/** As `Passthrough.watch`. Without a mender every frame is handed on as it is. */
export function watchFrames(clientWantsUsage: boolean, mender?: ChunkMender): FrameWatch {
  const state: Watching = {
    mender,
    clientWantsUsage,
    done: false,
    finished: false,
    failing: undefined,
  };
  return {
    ended: () => (state.done || state.finished) && state.failing === undefined,
    missingEnd: () => (state.done ? "" : "data: [DONE]\n\n"),
    see: (frame) =>
      state.failing === undefined
        ? look(state, frame)
        : failed(state.failing, usageOfFailed(frame.data)),
  };
}

/** What is known of a stream that is watched. */
interface Watching {
  readonly mender: ChunkMender | undefined;
  readonly clientWantsUsage: boolean;
  done: boolean;
  finished: boolean;
  /** How the answer failed, while its usage is still to come. */
  failing: Fault | undefined;
}

function look(state: Watching, frame: Frame): ReturnType<FrameWatch["see"]> {
  const { mender } = state;
  const data = asBuffer(frame.data);
  if (isDone(data)) {
    state.done = true;
    return endOf(mender);
  }
  const text = data.toString("latin1");
  const choices = hasValue(data, '"choices"');
  if (choices && isPlain(frame, text, mender)) return PASS;
  const odd = choices && mender?.suspects(text) === true;
  if (choices && !odd && frame.event !== "error" && !TELLING.test(text)) return PASS;
  if (!state.finished && hasValue(data, '"finish_reason"')) state.finished = true;
  const telling = isTelling(frame, data);
  return choices && !odd && !telling ? PASS : inspect(frame, state, telling);
}

/** Whether there is nothing in a chunk to look at. */
function isPlain({ event }: Frame, text: string, mender: ChunkMender | undefined): boolean {
  return event !== "error" && mender?.settled() !== false && !NOTABLE.test(text);
}

/** Whether a frame holds more than a vendor's own words. */
function isTelling({ event }: Frame, data: Buffer): boolean {
  return event === "error" || hasValue(data, '"usage"') || hasValue(data, '"error"');
}

/** A finish that the vendor left out comes before `[DONE]`. */
function endOf(mender: ChunkMender | undefined): ReturnType<FrameWatch["see"]> {
  const missing = mender?.missingFinish() ?? "";
  return missing === "" ? PASS : { forward: true, instead: `${missing}data: [DONE]\n\n` };
}

const NO_CALL: PassContext = { callId: "", model: "", nowUnixS: 0 };

const PASS = { forward: true } as const;

/** Finds the members that are looked for, each with a value other than null. */
const TELLING = /"(?:finish_reason|usage|error)"[ \t\r\n]*:[ \t\r\n]*(?:[^n \t\r\n]|$)/;

/**
 * Finds whatever a frame may be looked at for. Most have none of it, and one search is all that
 * they cost.
 */
const NOTABLE =
  /"(?:(?:content|tool_calls)"\s*:\s*[[{]|(?:finish_reason|usage|error)"[ \t\r\n]*:[ \t\r\n]*(?:[^n \t\r\n]|$))/;

/**
 * `telling`: the frame holds more than a vendor's own words, so that it must be one of the dialect.
 */
function inspect(frame: Frame, state: Watching, telling: boolean): ReturnType<FrameWatch["see"]> {
  const { mender, clientWantsUsage } = state;
  const parsed = parseJson(frame.data);
  if (!parsed.ok || !isObject(parsed.value)) {
    if (!telling) return PASS;
    return { forward: false, fault: malformed("a frame of the stream is not a JSON object") };
  }
  const fault: Fault | undefined = chunkFault(parsed.value, frame.event);
  if (fault !== undefined) return { forward: false, fault };
  const found = usageOf(parsed.value);
  const mended = mender?.mend(parsed.value) ?? { ok: true, chunk: parsed.value };
  if (!mended.ok) {
    if (found !== undefined) return failed(mended.fault, found);
    state.failing = mended.fault;
    return { forward: false };
  }
  const forward = found === undefined || clientWantsUsage || !isUsageOnly(parsed.value);
  return {
    forward,
    ...(found === undefined ? undefined : { usage: found }),
    ...(!forward || mended.chunk === parsed.value
      ? undefined
      : { instead: frameOf(frame.event, mended.chunk) }),
  };
}

/** The frame behind the failure tells its usage, or nothing does. */
function usageOfFailed(data: Uint8Array): Usage | undefined {
  const parsed = parseJson(data);
  return parsed.ok && isObject(parsed.value) ? usageOf(parsed.value) : undefined;
}

function failed(fault: Fault, usage: Usage | undefined): ReturnType<FrameWatch["see"]> {
  return { forward: false, fault, ...(usage === undefined ? {} : { usage }) };
}

function frameOf(event: string, chunk: Draft): FrameText {
  return `${event === "" ? "" : `event: ${event}\n`}data: ${writeJson(chunk)}\n\n`;
}

/** The frame that OpenAI sends for `include_usage`: usage and an empty list of choices. */
function isUsageOnly(chunk: JsonObject): boolean {
  const choices = chunk.choices;
  return (
    choices === undefined || choices === null || (Array.isArray(choices) && choices.length === 0)
  );
}

/** Whether a key occurs with a value other than null. */
function hasValue(data: Buffer, quotedKey: string): boolean {
  for (let at = data.indexOf(quotedKey); at !== -1; at = data.indexOf(quotedKey, at + 1)) {
    const colon = skipBlanks(data, at + quotedKey.length);
    if (data[colon] === 0x3a && data[skipBlanks(data, colon + 1)] !== 0x6e) return true;
  }
  return false;
}
