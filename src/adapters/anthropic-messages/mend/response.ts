import type { Decoded } from "../../../core/dialect.ts";
import { finishFault } from "../../../core/faults/finish-fault.ts";
import type { PassContext } from "../../../core/pass-context.ts";
import { isObject, type JsonObject, objectAt, stringAt } from "../../../json/json.ts";
import { sliceJsonText } from "../../../json/slice.ts";
import { mendCounts } from "../../shared/answers/mend-counts.ts";
import { decodeFinishReason, encodeFinishReason } from "../finish-reason.ts";

const NO_USAGE = { input_tokens: 0, output_tokens: 0 };

/** The message that a stream begins with, where its vendor left that out. */
export function createMessage({ callId, model }: PassContext): JsonObject {
  return {
    id: `msg_${callId}`,
    type: "message",
    role: "assistant",
    model,
    content: [],
    stop_reason: null,
    stop_sequence: null,
    usage: NO_USAGE,
  };
}

/** The message of a beginning with what clients demand. The same object where it has all of it. */
export function mendMessage(message: JsonObject, context: PassContext): JsonObject {
  const usage = objectAt(message, "usage");
  const counted = usage === undefined ? NO_USAGE : mendCounts(usage, "_tokens");
  const whole =
    counted === usage &&
    Array.isArray(message.content) &&
    (stringAt(message, "id") ?? "") !== "" &&
    stringAt(message, "model") !== undefined &&
    message.role !== undefined;
  if (whole) return message;
  const made = createMessage(context);
  return {
    ...made,
    ...message,
    id: stringAt(message, "id") || (made.id ?? null),
    model: stringAt(message, "model") ?? context.model,
    content: Array.isArray(message.content) ? message.content : [],
    usage: counted,
  };
}

/**
 * The beginning of a block with what clients demand: texts, the id of a call, input that is an
 * empty object. `input`: what input came with it, for clients take it from deltas. `id`: for a call
 * without one. The same object where it has all of it.
 */
export function mendBlock(
  block: JsonObject,
  data: Uint8Array,
  id: string,
): { readonly block: JsonObject; readonly input: string } {
  if (block.type === "text" && typeof block.text !== "string")
    return { block: { ...block, text: "" }, input: "" };
  if (block.type === "thinking" && typeof block.thinking !== "string")
    return { block: { ...block, thinking: "" }, input: "" };
  if (block.type !== "tool_use") return { block, input: "" };
  const input = inputOf(block, data);
  const named = (stringAt(block, "id") ?? "") !== "";
  if (named && input === "" && isObject(block.input)) return { block, input };
  return { block: { ...block, id: named ? (block.id ?? id) : id, input: {} }, input };
}

function inputOf({ input }: JsonObject, data: Uint8Array): string {
  if (input === undefined || input === null) return "";
  if (typeof input === "string") return input;
  if (isObject(input) && Object.keys(input).length === 0) return "";
  return sliceJsonText(data, ["content_block", "input"]) ?? "";
}

/**
 * The event of the end with a reason of the dialect's enumeration and usage in whole numbers. The
 * same object where it has both; a reason that tells of a failure is a fault. `calls`: the answer
 * calls tools, for which clients wait for its word.
 */
export function mendEnding(event: JsonObject, calls: boolean): Decoded<JsonObject> {
  const delta = objectAt(event, "delta") ?? {};
  const word = stringAt(delta, "stop_reason") ?? "";
  const reason = decodeFinishReason(word);
  const fault = finishFault({ reason, vendorReason: word });
  if (fault !== undefined) return { ok: false, fault };
  const own = word === "" ? word : encodeFinishReason(reason, word, calls);
  const usage = objectAt(event, "usage");
  const counted = usage === undefined ? { output_tokens: 0 } : mendCounts(usage, "_tokens");
  if (own === word && counted === usage && isObject(event.delta)) return { ok: true, value: event };
  const stop = word === "" ? undefined : { stop_reason: own };
  return { ok: true, value: { ...event, delta: { ...delta, ...stop }, usage: counted } };
}
