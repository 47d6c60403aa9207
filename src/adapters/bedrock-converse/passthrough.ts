import type { Usage } from "../../../gen/parlance/chat/v1/usage_pb.js";
import type { Frame, FrameWatch, OriginBody, Passthrough } from "../../core/dialect.ts";
import { printEventStream } from "../../core/dispatch/print-event-stream.ts";
import type { Fit } from "../../core/fidelity/fit.ts";
import type { OperationName } from "../../core/operation.ts";
import type { PassContext } from "../../core/pass-context.ts";
import type { WireRequest } from "../../core/wire-request.ts";
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
import { noSource } from "../../json/source-slice.ts";
import { writeJson } from "../../json/write.ts";
import { hasWholeCounts, isReadable } from "../shared/answers/whole-counts.ts";
import { SEAL_PREFIX } from "../shared/sealed-reasoning.ts";
import { pairsCalls } from "../turns/pairs-calls.ts";
import { isOwnWord } from "./finish-reason.ts";
import { createEventMender, type EventMender } from "./mend/stream.ts";
import { decodeUsage } from "./usage.ts";
import { frameFault } from "./vendor/error.ts";
import { tierOf } from "./vendor/response.ts";
import { type BedrockOperation, type ConverseOptions, wireRequest } from "./wire.ts";

/**
 * The byte path: the model stands in the path, so that the body needs no edit; every frame is
 * handed on.
 */
export const passthrough: Passthrough<Readonly<Record<string, unknown>>> = {
  fit,
  request,
  scanUsage,
  readable,
  watch,
};

/**
 * The vendor would refuse the proofs of others, which were sealed for the client, and calls without
 * results and the reverse.
 */
function fit(operation: OperationName, origin: OriginBody): Fit {
  const { body, json } = origin;
  if (holdsSeal(body) || (operation === "count_tokens" && holdsSeal(innerBody(origin))))
    return "translated";
  if (operation !== "chat" || !asBuffer(body).includes('"tool')) return "as_is";
  return pairsCalls(arrayAt(json, "messages") ?? [], PAIRS) ? "as_is" : "encoded";
}

const PAIRS = { parts: "content", call: ["toolUse"], result: ["toolResult"] };

function holdsSeal(body: Uint8Array): boolean {
  return asBuffer(body).includes(`"${SEAL_PREFIX}`);
}

/** The body of InvokeModel in one of CountTokens. */
function innerBody({ json }: OriginBody): Uint8Array {
  const invoke = objectAt(objectAt(json, "input") ?? {}, "invokeModel");
  return Buffer.from((invoke && stringAt(invoke, "body")) ?? "", "base64");
}

function request(
  operation: OperationName,
  body: Uint8Array,
  options: ConverseOptions,
): WireRequest {
  return wireRequest(options.model, wireOperation(operation, options.stream), body);
}

function wireOperation(operation: OperationName, stream: boolean): BedrockOperation {
  if (operation === "chat") return stream ? "converse-stream" : "converse";
  return operation === "count_tokens" ? "count-tokens" : "invoke";
}

function scanUsage(operation: OperationName, answer: JsonText): Usage | undefined {
  const usage = operation === "chat" ? answer.object()?.usage : undefined;
  return isObject(usage) ? decodeUsage(usage, noSource, "") : undefined;
}

const FORWARD = { forward: true } as const;

function readable(operation: OperationName, answer: JsonText): boolean {
  return operation !== "chat" || isReadable(answer, isWhole);
}

/**
 * What clients may fail at: a reason in the words of another dialect, calls without id or with a
 * text as input, counts that are texts.
 */
function isWhole(json: JsonObject): boolean {
  const blocks = arrayAt(objectAt(objectAt(json, "output") ?? {}, "message") ?? {}, "content");
  const word = stringAt(json, "stopReason") ?? "";
  const calls = blocks?.map((block) => isObject(block) && block.toolUse) ?? [];
  const called = calls.some((call) => isObject(call) && (call.type ?? "tool_use") === "tool_use");
  return (
    isOwnWord(word) &&
    !(word === "end_turn" && called) &&
    calls.every((call) => call === false || call === undefined || isWholeCall(call)) &&
    hasWholeCounts(json.usage, "tokens")
  );
}

function isWholeCall(call: Json): boolean {
  if (!isObject(call) || (stringAt(call, "toolUseId") ?? "") === "") return false;
  return call.input !== undefined && call.input !== null && typeof call.input !== "string";
}

function watch(_clientWantsUsage: boolean, context: PassContext = NO_CALL): FrameWatch {
  const mender = createEventMender(context);
  let ended = false;
  return {
    see(frame) {
      const fault = frameFault(frame);
      if (fault !== undefined) return { forward: true, fault };
      if (frame.event === "messageStop") ended = true;
      const usage = frame.event === "metadata" ? usageOf(frame) : undefined;
      if (usage !== undefined) return { forward: true, usage };
      return mender.flows(frame) ? FORWARD : mended(frame, mender);
    },
    ended: () => ended,
    missingEnd: () => "",
  };
}

const NO_CALL: PassContext = { callId: "", model: "", nowUnixS: 0 };

function mended({ event, data }: Frame, mender: EventMender): ReturnType<FrameWatch["see"]> {
  const parsed = parseJson(data);
  if (!parsed.ok || !isObject(parsed.value)) return FORWARD;
  const outcome = mender.mend(event, parsed.value);
  if (!outcome.ok) return { forward: false, fault: outcome.fault };
  if (outcome.value === parsed.value) return FORWARD;
  const text = `event: ${event}\ndata: ${writeJson(outcome.value)}\n\n`;
  return { forward: true, instead: printEventStream(text) };
}

function usageOf(frame: Frame): Usage | undefined {
  const parsed = parseJson(frame.data);
  const json = parsed.ok && isObject(parsed.value) ? parsed.value : {};
  const usage = objectAt(json, "usage");
  return usage === undefined ? undefined : decodeUsage(usage, noSource, tierOf(json));
}
