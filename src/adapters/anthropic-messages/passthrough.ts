import type { Usage } from "../../../gen/parlance/chat/v1/usage_pb.js";
import type { Frame, FrameWatch, OriginBody, Passthrough } from "../../core/dialect.ts";
import type { Fault } from "../../core/faults/fault.ts";
import { malformed } from "../../core/faults/fault.ts";
import type { Fit } from "../../core/fidelity/fit.ts";
import type { OperationName } from "../../core/operation.ts";
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
import { writeJson } from "../../json/write.ts";
import { hasWholeCounts, isReadable } from "../shared/answers/whole-counts.ts";
import { decodeFinishReason, encodeFinishReason } from "./finish-reason.ts";
import { asks } from "./fit/asks.ts";
import { fitMessages } from "./fit/fit.ts";
import { mendEvent } from "./mend/stream.ts";
import { addWireUsage, createWireUsage, decodeUsage, tellUsage, untoldUsage } from "./usage.ts";
import { faultOf } from "./vendor/error.ts";
import { COUNT_PATH, MESSAGES_PATH, type MessagesOptions, wireRequest } from "./wire.ts";

/** The byte path: the only edit of a fitting body is the model; every frame is handed on. */
export const passthrough: Passthrough<Readonly<Record<string, unknown>>> = {
  fit,
  asks,
  request,
  scanUsage,
  readable,
  // Clients do not read it.
  isText: ({ event }) => event === "ping",
  watch,
};

/** Prompts are counted with the same members that they are answered with. */
function fit(operation: OperationName, origin: OriginBody, options: MessagesOptions): Fit {
  const chats = operation === "chat" || operation === "count_tokens";
  return chats ? fitMessages(origin, options) : "as_is";
}

function request(
  operation: OperationName,
  body: Uint8Array,
  options: MessagesOptions,
): WireRequest {
  const edited = editTopLevel(body, { model: JSON.stringify(options.model) }) ?? body;
  return wireRequest(operation === "count_tokens" ? COUNT_PATH : MESSAGES_PATH, edited);
}

function scanUsage(operation: OperationName, answer: JsonText): Usage | undefined {
  const usage = operation === "chat" ? answer.object()?.usage : undefined;
  return isObject(usage) ? decodeUsage(usage) : undefined;
}

function readable(operation: OperationName, answer: JsonText): boolean {
  return operation !== "chat" || isReadable(answer, isWholeMessage);
}

/**
 * Clients may fail at what servers send that speak the dialect for other models: words of other
 * dialects for the end or none, content that is a text, input of tools that is a text, calls
 * without an id, counts that are texts or fractions.
 */
function isWholeMessage(json: JsonObject): boolean {
  if (json.content === undefined || isObject(json.error)) return true;
  const word = stringAt(json, "stop_reason") ?? "";
  return (
    encodeFinishReason(decodeFinishReason(word), word, word === "tool_use") === word &&
    (arrayAt(json, "content")?.every(isWholeBlock) ?? false) &&
    hasWholeCounts(json.usage, "_tokens")
  );
}

function isWholeBlock(block: Json): boolean {
  if (!isObject(block)) return false;
  return (
    block.type !== "tool_use" || (isObject(block.input) && (stringAt(block, "id") ?? "") !== "")
  );
}

const FORWARD = { forward: true } as const;

function watch(): FrameWatch {
  const seen = createWireUsage();
  let ended = false;

  function usageOf(json: JsonObject): { readonly forward: true; readonly usage?: Usage } {
    const usage = objectAt(objectAt(json, "message") ?? json, "usage");
    if (usage === undefined) return FORWARD;
    addWireUsage(seen, usage);
    return { forward: true, usage: tellUsage(seen) };
  }

  function stop(): { readonly forward: true; readonly usage?: Usage } {
    const usage = ended ? undefined : untoldUsage(seen);
    ended = true;
    return usage === undefined ? FORWARD : { forward: true, usage };
  }

  return {
    see(frame) {
      if (!matters(frame)) return FORWARD;
      const parsed = parseJson(frame.data);
      if (!parsed.ok || !isObject(parsed.value))
        return frame.event === "error" ? broken(malformedError()) : FORWARD;
      switch (parsed.value.type ?? frame.event) {
        case "message_start":
        case "message_delta":
        case "content_block_start":
          return mended(frame, parsed.value, usageOf(parsed.value));
        case "message_stop":
          return stop();
        case "error":
          return broken(faultOf(parsed.value));
        default:
          return FORWARD;
      }
    },
    ended: () => ended,
    missingEnd: () => "",
  };
}

/** A frame as clients read it, where they could not read it as it came. */
function mended(
  { event }: Frame,
  json: JsonObject,
  seen: ReturnType<FrameWatch["see"]>,
): ReturnType<FrameWatch["see"]> {
  const better = mendEvent(json);
  if (!better.ok) return broken(better.fault);
  if (better.value === json) return seen;
  const name = event === "" ? "" : `event: ${event}\n`;
  return { ...seen, instead: `${name}data: ${writeJson(better.value)}\n\n` };
}

function broken(fault: Fault): { readonly forward: true; readonly fault: Fault } {
  return { forward: true, fault };
}

function malformedError(): Fault {
  return malformed("the vendor's stream holds an error event that is not JSON");
}

/**
 * Only the rare frames are parsed. Without an event name the data tell: in JSON text a bare
 * `"word"` is never content.
 */
function matters({ event, data }: Frame): boolean {
  if (event !== "")
    return event === "error" || event.startsWith("message_") || event === "content_block_start";
  const bytes = asBuffer(data);
  return (
    bytes.includes('"message_start"') ||
    bytes.includes('"message_delta"') ||
    bytes.includes('"message_stop"') ||
    bytes.includes('"content_block_start"') ||
    bytes.includes('"error"')
  );
}
