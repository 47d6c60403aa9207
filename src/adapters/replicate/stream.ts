import type { Event } from "../../../gen/parlance/chat/v1/event_pb.js";
import { ErrorReason } from "../../../gen/parlance/error/v1/error_reason_pb.js";
import type { Decoded, Frame, Step } from "../../core/dialect.ts";
import { decodeUtf8, isObject, type JsonObject, parseJson, stringAt } from "../../json/json.ts";
import { faultOf } from "./error.ts";
import { finish, messageStart, textDelta } from "./prediction.ts";

/** What is known of a stream between two frames. Never changed in place. */
export interface StreamState {
  readonly started: boolean;
  /** The frame `done` was seen. */
  readonly ended: boolean;
}

/** The state before the first frame. */
export function begin(): StreamState {
  return { started: false, ended: false };
}

/**
 * One event: `output` is a piece of text as it is, `error` and `done` carry JSON, others say
 * nothing of the answer. The stream tells no tokens. See
 * https://replicate.com/docs/topics/predictions/streaming.
 */
export function decodeEvent(state: StreamState, { event, data }: Frame): Step<StreamState> {
  const events: Event[] = state.started ? [] : [messageStart({})];
  switch (event) {
    case "output": {
      const text = decodeUtf8(data) ?? Buffer.from(data).toString("utf8");
      if (text !== "") events.push(textDelta(text));
      return { ok: true, state: { ...state, started: true }, events };
    }
    case "error":
      return { ok: false, fault: faultOf(0, objectOf(data)) };
    case "done":
      return endOf(state, stringAt(objectOf(data), "reason") ?? "", events);
    default:
      return { ok: true, state, events: [] };
  }
}

/** The end of the bytes: well only where `done` was seen. */
export function end(state: StreamState): Decoded<readonly Event[]> {
  if (state.ended) return { ok: true, value: [] };
  const message = "the vendor's stream ended before it was done";
  return { ok: false, fault: { reason: ErrorReason.UPSTREAM_CUT, message } };
}

function endOf(state: StreamState, reason: string, events: Event[]): Step<StreamState> {
  if (reason === "error")
    return { ok: false, fault: faultOf(0, { detail: "the prediction failed" }) };
  if (reason === "canceled") {
    const message = "the prediction was cancelled at the vendor";
    return { ok: false, fault: { reason: ErrorReason.UPSTREAM_CUT, message } };
  }
  if (state.ended) return { ok: true, state, events: [] };
  return { ok: true, state: { started: true, ended: true }, events: [...events, finish(reason)] };
}

/** A text that is no JSON is what failed. */
function objectOf(data: Uint8Array): JsonObject {
  const parsed = parseJson(data);
  if (parsed.ok && isObject(parsed.value)) return parsed.value;
  return { detail: Buffer.from(data.subarray(0, 4096)).toString("utf8").trim() };
}
