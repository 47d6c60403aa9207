import type { Decoded } from "../../../core/dialect.ts";
import { finishFault } from "../../../core/faults/finish-fault.ts";
import { isObject, type JsonObject, objectAt, stringAt } from "../../../json/json.ts";
import { decodeFinishReason, encodeFinishReason } from "../finish-reason.ts";

/**
 * An event of a stream with what clients add up without asking: usage, content that is a list,
 * input that is an object, a reason to stop of their enumeration. The same object where it has all
 * of it; a reason that tells of a failure is a fault.
 */
export function mendEvent(event: JsonObject): Decoded<JsonObject> {
  switch (event.type) {
    case "message_start":
      return { ok: true, value: mendStart(event) };
    case "content_block_start":
      return { ok: true, value: mendBlock(event) };
    case "message_delta":
      return mendDelta(event);
    default:
      return { ok: true, value: event };
  }
}

const NO_USAGE = { input_tokens: 0, output_tokens: 0 };

function mendStart(event: JsonObject): JsonObject {
  const message = objectAt(event, "message") ?? {};
  if (Array.isArray(message.content) && isObject(message.usage)) return event;
  const content = Array.isArray(message.content) ? message.content : [];
  const usage = objectAt(message, "usage") ?? NO_USAGE;
  const begun = { type: "message", role: "assistant", stop_reason: null, stop_sequence: null };
  return { ...event, message: { ...begun, ...message, content, usage } };
}

function mendBlock(event: JsonObject): JsonObject {
  const block = objectAt(event, "content_block") ?? {};
  if (block.type === "text" && typeof block.text !== "string")
    return { ...event, content_block: { ...block, text: "" } };
  if (block.type !== "tool_use" || isObject(block.input)) return event;
  return { ...event, content_block: { ...block, input: {} } };
}

function mendDelta(event: JsonObject): Decoded<JsonObject> {
  const delta = objectAt(event, "delta") ?? {};
  const word = stringAt(delta, "stop_reason") ?? "";
  const reason = decodeFinishReason(word);
  const fault = finishFault({ reason, vendorReason: word });
  if (fault !== undefined) return { ok: false, fault };
  const own = word === "" ? word : encodeFinishReason(reason, word, false);
  if (own === word && isObject(event.usage)) return { ok: true, value: event };
  const usage = objectAt(event, "usage") ?? { output_tokens: 0 };
  const stop = word === "" ? undefined : { stop_reason: own };
  return { ok: true, value: { ...event, delta: { ...delta, ...stop }, usage } };
}
