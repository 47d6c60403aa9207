import type { Event } from "../../../../gen/parlance/chat/v1/event_pb.js";
import { ErrorReason } from "../../../../gen/parlance/error/v1/error_reason_pb.js";
import type { Decoded, Frame, Step } from "../../../core/dialect.ts";
import { malformed } from "../../../core/faults/fault.ts";
import { usageEvent } from "../../../events/make-events.ts";
import {
  arrayAt,
  isObject,
  type JsonObject,
  objectAt,
  parseJson,
  stringAt,
} from "../../../json/json.ts";
import { unknownMembers } from "../../../json/members.ts";
import { memberSource, type Source, wholeSource } from "../../../json/source-slice.ts";
import { contentText } from "../../shared/answers/content-text.ts";
import { decodeFinishReason } from "../finish-reason.ts";
import { decodeLogprobs } from "../logprobs.ts";
import { decodeUsage } from "../usage.ts";
import { decodeErrorLine } from "./error.ts";
import { extrasSet, finish, logprobsDelta, messageStart } from "./stream-events.ts";
import { decodeMessage } from "./stream-part.ts";
import type { StreamState } from "./stream-state.ts";

/**
 * Members of a reply or line that have a field in the contract, or say only what it is; others
 * travel as extras.
 */
const KNOWN: ReadonlySet<string> = new Set([
  "model",
  "created_at",
  "message",
  "response",
  "thinking",
  "tool_calls",
  "done",
  "done_reason",
  "logprobs",
  "prompt_eval_count",
  "eval_count",
]);

/**
 * One line of a streamed answer of `/api/chat`, or of `/api/generate`, whose lines hold `response`
 * and `thinking` where the former's hold a message. The line with `done: true` ends it.
 */
export function decodeEvent(state: StreamState, frame: Frame): Step<StreamState> {
  if (frame.data.length === 0) return { ok: true, state, events: [] };
  const parsed = parseJson(frame.data);
  if (!parsed.ok || !isObject(parsed.value)) {
    return {
      ok: false,
      fault: malformed("the server's stream holds a line that is not a JSON object"),
    };
  }
  const fault = decodeErrorLine(parsed.value);
  return fault === undefined
    ? decodeLine(state, parsed.value, wholeSource(frame.data))
    : { ok: false, fault };
}

/** The end of the bytes: well only where the server said so. */
export function end(state: StreamState): Decoded<readonly Event[]> {
  if (state.ended) return { ok: true, value: [] };
  const message = "the server's stream ended before the line that is done";
  return { ok: false, fault: { reason: ErrorReason.UPSTREAM_CUT, message } };
}

/** A line of a stream, or a whole answer, which is a stream of one line. */
export function decodeLine(
  before: StreamState,
  json: JsonObject,
  source: Source,
): Step<StreamState> {
  const events: Event[] = [];
  if (!before.started)
    events.push(
      messageStart(stringAt(json, "model") ?? "", secondsOf(stringAt(json, "created_at"))),
    );
  const state = addContent(
    before.started ? before : { ...before, started: true },
    json,
    source,
    events,
  );
  const logprobs = decodeLogprobs(arrayAt(json, "logprobs"));
  if (logprobs !== undefined) events.push(logprobsDelta(logprobs));
  if (json.done !== true || before.ended) return { ok: true, state, events };
  const word = stringAt(json, "done_reason") ?? "";
  events.push(finish(decodeFinishReason(word, state.toolCalls), word));
  const usage = decodeUsage(json);
  if (usage !== undefined) events.push(usageEvent(usage));
  const extras = unknownMembers(json, source, KNOWN);
  if (extras !== "") events.push(extrasSet(extras));
  return { ok: true, state: { ...state, ended: true }, events };
}

/** What the model says, in the message or beside it. */
function addContent(
  state: StreamState,
  json: JsonObject,
  source: Source,
  events: Event[],
): StreamState {
  const message = objectAt(json, "message");
  const stamp = stringAt(json, "created_at") ?? "";
  if (message !== undefined) {
    const content = contentText(message.content);
    return decodeMessage(
      state,
      { message, content, source: memberSource(source, "message"), stamp },
      events,
    );
  }
  return decodeMessage(
    state,
    { message: json, content: stringAt(json, "response") ?? "", source, stamp },
    events,
  );
}

/** Seconds since 1970 of an RFC 3339 time; 0 for none that the contract holds. */
function secondsOf(time: string | undefined): bigint {
  const seconds = Math.floor(Date.parse(time ?? "") / 1000);
  return seconds > 0 && seconds <= 253402300799 ? BigInt(seconds) : 0n;
}
