import type { Completion } from "../../../../gen/parlance/chat/v1/completion_pb.js";
import { ErrorReason } from "../../../../gen/parlance/error/v1/error_reason_pb.js";
import type { Decoded } from "../../../core/dialect.ts";
import { malformed } from "../../../core/faults/fault.ts";
import { collect } from "../../../events/collect.ts";
import { isObject, type Json } from "../../../json/json.ts";
import { noSource, wholeSource } from "../../../json/source-slice.ts";
import { decodeAnswer, end } from "./stream.ts";
import { begin } from "./stream-state.ts";

/**
 * A whole answer, or the list of answers that a stream without server-sent events is: the fold of
 * its events. With the body's bytes, arguments of tools and opaque parts are their exact text;
 * without them they are printed anew. A prompt that was blocked is an answer without content that a
 * filter ended.
 */
export function decodeResponse(json: Json, body?: Uint8Array): Decoded<Completion> {
  const step = decodeAnswer(begin(), json, body === undefined ? noSource : wholeSource(body));
  if (!step.ok) return step;
  const last = end(step.state);
  if (last.ok) return { ok: true, value: collect(step.events.concat(last.value)) };
  if (last.fault.reason === ErrorReason.UPSTREAM_MALFORMED) return last;
  if (isObject(json) && step.state.choices.size > 0)
    return { ok: true, value: collect(step.events) };
  if (Array.isArray(json) && json.length > 0) return last;
  const fault = malformed(
    "the vendor's answer has no candidates and does not say that the prompt was blocked",
  );
  return { ok: false, fault: last.fault.reason === ErrorReason.UPSTREAM_CUT ? fault : last.fault };
}
