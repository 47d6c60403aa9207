import type { Decoded } from "../../../core/dialect.ts";
import { finishFault } from "../../../core/faults/finish-fault.ts";
import {
  arrayAt,
  isObject,
  type Json,
  type JsonObject,
  objectAt,
  parseJson,
  stringAt,
} from "../../../json/json.ts";
import { plainArguments } from "../../../json/plain-arguments.ts";
import { contentText } from "../../shared/answers/content-text.ts";
import { mendCounts } from "../../shared/answers/mend-counts.ts";
import { decodeFinishReason, encodeFinishReason } from "../finish-reason.ts";

/**
 * An answer of `/api/chat`, or a line of one, as clients read it: content that is a text, arguments
 * that are an object, a reason of the dialect, counts that are whole numbers. The same object where
 * it is that; a reason that tells of a failure is a fault.
 */
export function mendAnswer(json: JsonObject): Decoded<JsonObject> {
  const word = stringAt(json, "done_reason") ?? "";
  const reason = decodeFinishReason(word, false);
  const fault = OWN.has(word) ? undefined : finishFault({ reason, vendorReason: word });
  if (fault !== undefined) return { ok: false, fault };
  const counted = mendCounts(json, "eval_count");
  const message = mendMessage(json);
  const own = OWN.has(word) ? word : encodeFinishReason(reason);
  if (counted === json && message === json.message && own === word)
    return { ok: true, value: json };
  return {
    ok: true,
    value: {
      ...counted,
      ...(message === undefined ? undefined : { message }),
      ...(own === word ? undefined : { done_reason: own }),
    },
  };
}

/** `load` and `unload` end what no model answers. */
const OWN: ReadonlySet<string> = new Set(["", "stop", "length", "load", "unload"]);

/** Lines of `/api/generate` have a response in place of the message. */
function mendMessage(json: JsonObject): Json | undefined {
  const message = objectAt(json, "message");
  if (message === undefined) {
    const ends = json.done === true && json.response === undefined;
    return ends ? { role: "assistant", content: "" } : json.message;
  }
  const calls = arrayAt(message, "tool_calls");
  const mended = calls?.map(mendCall);
  const same = mended === undefined || mended.every((call, at) => call === calls?.[at]);
  if (same && typeof message.content === "string") return message;
  return {
    ...message,
    content: contentText(message.content),
    ...(mended === undefined ? undefined : { tool_calls: mended }),
  };
}

function mendCall(json: Json): Json {
  const made = isObject(json) ? objectAt(json, "function") : undefined;
  if (!isObject(json) || made === undefined || isObject(made.arguments)) return json;
  const text = typeof made.arguments === "string" ? made.arguments : "";
  const parsed = parseJson(plainArguments(text));
  const object = parsed.ok && isObject(parsed.value) ? parsed.value : { _raw_arguments: text };
  return { ...json, function: { ...made, arguments: object } };
}
