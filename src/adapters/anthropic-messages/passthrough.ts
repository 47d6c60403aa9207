import type { Usage } from "../../../gen/parlance/chat/v1/usage_pb.js";
import type { Frame, FrameText, FrameWatch, OriginBody, Passthrough } from "../../core/dialect.ts";
import { isDone } from "../../core/dispatch/done-mark.ts";
import type { Fault } from "../../core/faults/fault.ts";
import { malformed } from "../../core/faults/fault.ts";
import type { Fit } from "../../core/fidelity/fit.ts";
import type { OperationName } from "../../core/operation.ts";
import type { PassContext } from "../../core/pass-context.ts";
import type { WireRequest } from "../../core/wire-request.ts";
import { editTopLevel } from "../../json/edit.ts";
import {
  arrayAt,
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
import { createMessageMender, type MessageMender } from "./mend/stream.ts";
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
 * What clients may fail at, and servers that speak the dialect for other models send: words of
 * other dialects for the end or none, content that is a text, calls of tools, which may lack an id
 * or have a text as input, counts that are texts or fractions.
 */
function isWholeMessage(json: JsonObject): boolean {
  if (json.type === "error" || isObject(json.error)) return true;
  const word = stringAt(json, "stop_reason") ?? "";
  const blocks = arrayAt(json, "content");
  const calls = blocks?.some((block) => isObject(block) && block.type === "tool_use") ?? false;
  return (
    encodeFinishReason(decodeFinishReason(word), word, calls) === word &&
    (blocks?.every(isWholeBlock) ?? false) &&
    isObject(json.usage) &&
    hasWholeCounts(json.usage, "_tokens")
  );
}

function isWholeBlock(block: Json): boolean {
  if (!isObject(block)) return false;
  if (block.type === "text") return typeof block.text === "string";
  return (
    block.type !== "tool_use" || (isObject(block.input) && (stringAt(block, "id") ?? "") !== "")
  );
}

const FORWARD = { forward: true } as const;

type Seen = ReturnType<FrameWatch["see"]>;

function watch(_clientWantsUsage: boolean, context: PassContext = NO_CALL): FrameWatch {
  const mender = createMessageMender(context);
  const seen = createWireUsage();
  let ended = false;

  function usageOf(json: JsonObject): Usage | undefined {
    const usage = objectAt(objectAt(json, "message") ?? json, "usage");
    if (usage === undefined) return undefined;
    addWireUsage(seen, usage);
    return tellUsage(seen);
  }

  function lastUsage(): Usage | undefined {
    const usage = ended ? undefined : untoldUsage(seen);
    ended = true;
    return usage;
  }

  function read(frame: Frame, json: JsonObject): Seen {
    const type = frame.event === "" ? stringAt(json, "type") : frame.event;
    if (type === "error") return broken(faultOf(json));
    if (type === undefined || !EVENTS.has(type)) return FORWARD;
    const usage = type === "message_stop" ? lastUsage() : usageOf(json);
    const looked = mended(frame, json, mender.mend(type, json, frame.data));
    return usage === undefined ? looked : { ...looked, usage };
  }

  return {
    see(frame) {
      if (mender.flows(frame) || frame.event === "ping" || frame.data.length === 0) return FORWARD;
      if (isDone(frame.data)) return closing(mender.close());
      const parsed = parseJson(frame.data);
      if (parsed.ok && isObject(parsed.value)) return read(frame, parsed.value);
      return frame.event === "error" ? broken(malformedError()) : FORWARD;
    },
    ended: () => mender.whole(),
    missingEnd: () => (mender.lacksEnd() ? printEvent({ type: "message_stop" }) : ""),
  };
}

const NO_CALL: PassContext = { callId: "", model: "", nowUnixS: 0 };

/** The events that clients add up; they skip any other. */
const EVENTS: ReadonlySet<string> = new Set([
  "message_start",
  "content_block_start",
  "content_block_delta",
  "content_block_stop",
  "message_delta",
  "message_stop",
]);

function mended(
  { event }: Frame,
  json: JsonObject,
  outcome: ReturnType<MessageMender["mend"]>,
): Seen {
  if (!outcome.ok) return broken(outcome.fault);
  const { value } = outcome;
  if (value.length === 1 && value[0] === json && event !== "") return FORWARD;
  return { forward: true, instead: value.map(printEvent).join("") };
}

function closing(events: readonly JsonObject[]): Seen {
  return events.length === 0
    ? FORWARD
    : { forward: true, instead: events.map(printEvent).join("") };
}

/** Clients tell events by the name beside the data. */
function printEvent(event: JsonObject): FrameText {
  return `event: ${String(event.type)}\ndata: ${writeJson(event)}\n\n`;
}

function broken(fault: Fault): Seen {
  return { forward: true, fault };
}

function malformedError(): Fault {
  return malformed("the vendor's stream holds an error event that is not JSON");
}
