import type { Event } from "../../../gen/parlance/chat/v1/event_pb.js";
import { ErrorReason } from "../../../gen/parlance/error/v1/error_reason_pb.js";
import { appendAll } from "../../core/append-all.ts";
import type { Decoded, Frame, Step } from "../../core/dialect.ts";
import { isDone } from "../../core/dispatch/done-mark.ts";
import { malformed } from "../../core/faults/fault.ts";
import { event } from "../../events/make-events.ts";
import {
  arrayAt,
  isObject,
  type JsonObject,
  objectAt,
  parseJson,
  stringAt,
} from "../../json/json.ts";
import { memberSource, wholeSource } from "../../json/source-slice.ts";
import { decodeDetails, decodeLogprobs } from "./details.ts";
import { decodeErrorObject, faultOf } from "./error.ts";
import { START } from "./response.ts";

/** What is known of a stream between two frames. Never changed in place. */
export interface StreamState {
  readonly started: boolean;
  /** The frame with the whole text, the last one, was seen. */
  readonly ended: boolean;
}

/** The state before the first frame. */
export function begin(): StreamState {
  return { started: false, ended: false };
}

/**
 * One token of an answer; the last comes with the whole text and the details. Special tokens, such
 * as `</s>`, are no text.
 */
export function decodeEvent(state: StreamState, frame: Frame): Step<StreamState> {
  if (frame.data.length === 0 || isDone(frame.data)) return { ok: true, state, events: [] };
  const parsed = parseJson(frame.data);
  if (!parsed.ok || !isObject(parsed.value)) {
    return {
      ok: false,
      fault: malformed("the server's stream holds an event that is not a JSON object"),
    };
  }
  const json = parsed.value;
  const fault = decodeErrorObject(json) ?? (frame.event === "error" ? faultOf(0, json) : undefined);
  if (fault !== undefined) return { ok: false, fault };
  const events: Event[] = state.started ? [] : [event({ case: "messageStart", value: START })];
  addToken(json, events);
  if (!isLast(json)) return { ok: true, state: { ...state, started: true }, events };
  if (!state.ended) {
    appendAll(
      events,
      decodeDetails(objectAt(json, "details"), memberSource(wholeSource(frame.data), "details")),
    );
  }
  return { ok: true, state: { started: true, ended: true }, events };
}

/** The end of the bytes: well only where the last token was seen. */
export function end(state: StreamState): Decoded<readonly Event[]> {
  if (state.ended) return { ok: true, value: [] };
  const message = "the server's stream ended before its last token";
  return { ok: false, fault: { reason: ErrorReason.UPSTREAM_CUT, message } };
}

/** Whether a frame is the last one: it has the whole text or the details. */
export function isLast(json: JsonObject): boolean {
  return typeof json.generated_text === "string" || objectAt(json, "details") !== undefined;
}

function addToken(json: JsonObject, events: Event[]): void {
  const token = objectAt(json, "token");
  if (token === undefined || token.special === true) return;
  const text = stringAt(token, "text") ?? "";
  const value = { $typeName: "parlance.chat.v1.TextDelta", choice: 0, part: 0, text } as const;
  if (text !== "") events.push(event({ case: "textDelta", value }));
  const tops = arrayAt(json, "top_tokens");
  const logprobs =
    tops === undefined || tops.length === 0 ? undefined : decodeLogprobs([token], [tops]);
  if (logprobs === undefined) return;
  const delta = { $typeName: "parlance.chat.v1.LogprobsDelta", choice: 0, logprobs } as const;
  events.push(event({ case: "logprobsDelta", value: delta }));
}
