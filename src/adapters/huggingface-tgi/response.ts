import type { Completion } from "../../../gen/parlance/chat/v1/completion_pb.js";
import type { Event, MessageStart } from "../../../gen/parlance/chat/v1/event_pb.js";
import type { Decoded } from "../../core/dialect.ts";
import { malformed } from "../../core/faults/fault.ts";
import { collect } from "../../events/collect.ts";
import { event } from "../../events/make-events.ts";
import { arrayAt, isObject, type Json, objectAt } from "../../json/json.ts";
import { elementSources, memberSource, noSource, wholeSource } from "../../json/source-slice.ts";
import { decodeDetails, decodeLogprobs } from "./details.ts";
import { decodeErrorObject } from "./error.ts";

/**
 * A whole answer, bare or in a list of one as `/` gives it. The dialect names no model and gives no
 * id.
 */
export function decodeResponse(json: Json, body?: Uint8Array): Decoded<Completion> {
  const listed = Array.isArray(json);
  const answer: Json | undefined = listed ? json[0] : json;
  if (!isObject(answer))
    return { ok: false, fault: malformed("the server's answer is not a JSON object") };
  const fault = decodeErrorObject(answer);
  if (fault !== undefined) return { ok: false, fault };
  const text = answer.generated_text;
  if (typeof text !== "string")
    return { ok: false, fault: malformed("the server's answer has no generated_text") };
  const details = objectAt(answer, "details");
  const events: Event[] = [event({ case: "messageStart", value: START })];
  const value = { $typeName: "parlance.chat.v1.TextDelta", choice: 0, part: 0, text } as const;
  if (text !== "") events.push(event({ case: "textDelta", value }));
  const logprobs =
    details === undefined
      ? undefined
      : decodeLogprobs(arrayAt(details, "tokens") ?? [], arrayAt(details, "top_tokens"));
  if (logprobs !== undefined) {
    const delta = { $typeName: "parlance.chat.v1.LogprobsDelta", choice: 0, logprobs } as const;
    events.push(event({ case: "logprobsDelta", value: delta }));
  }
  const whole = body === undefined ? noSource : wholeSource(body);
  const source = memberSource(listed ? elementSources(whole)(0) : whole, "details");
  return { ok: true, value: collect([...events, ...decodeDetails(details, source)]) };
}

/** The beginning of every answer. */
export const START: MessageStart = {
  $typeName: "parlance.chat.v1.MessageStart",
  id: "",
  model: "",
  createdUnixS: 0n,
  systemFingerprint: "",
  serviceTier: "",
};
