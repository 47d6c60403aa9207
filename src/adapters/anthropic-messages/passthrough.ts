import type { Usage } from "../../../gen/parlance/chat/v1/usage_pb.js";
import type {
  Frame,
  FrameWatch,
  OriginBody,
  Passthrough,
  WireRequest,
} from "../../core/dialect.ts";
import type { Fault } from "../../core/faults/fault.ts";
import { malformed } from "../../core/faults/fault.ts";
import type { Fit } from "../../core/fidelity/fit.ts";
import type { OperationName } from "../../core/operation.ts";
import { editTopLevel } from "../../json/edit.ts";
import { asBuffer, isObject, type JsonObject, objectAt, parseJson } from "../../json/json.ts";
import { findLastMember } from "../../json/tail.ts";
import { asks } from "./fit/asks.ts";
import { fitMessages } from "./fit/fit.ts";
import { addWireUsage, createWireUsage, decodeUsage, tellUsage, untoldUsage } from "./usage.ts";
import { faultOf } from "./vendor/error.ts";
import { COUNT_PATH, MESSAGES_PATH, type MessagesOptions, wireRequest } from "./wire.ts";

/** The byte path: the only edit of a fitting body is the model; every frame is handed on. */
export const passthrough: Passthrough<Readonly<Record<string, unknown>>> = {
  fit,
  asks,
  request,
  scanUsage,
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

function scanUsage(operation: OperationName, body: Uint8Array): Usage | undefined {
  if (operation !== "chat") return undefined;
  const member = findLastMember(body, "usage");
  if (member === undefined) return undefined;
  const parsed = parseJson(body.subarray(member.valueStart, member.valueEnd));
  return parsed.ok && isObject(parsed.value) ? decodeUsage(parsed.value) : undefined;
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
          return usageOf(parsed.value);
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
  if (event !== "") return event === "error" || event.startsWith("message_");
  const bytes = asBuffer(data);
  return (
    bytes.includes('"message_start"') ||
    bytes.includes('"message_delta"') ||
    bytes.includes('"message_stop"') ||
    bytes.includes('"error"')
  );
}
