import type { Completion } from "../../../../gen/parlance/chat/v1/completion_pb.js";
import type { Decoded } from "../../../core/dialect.ts";
import { malformed } from "../../../core/faults/fault.ts";
import { collect } from "../../../events/collect.ts";
import { isObject, type Json, objectAt } from "../../../json/json.ts";
import { noSource, wholeSource } from "../../../json/source-slice.ts";
import { decodeErrorLine } from "./error.ts";
import { decodeLine } from "./stream.ts";
import { begin } from "./stream-state.ts";

/**
 * A whole answer of `/api/chat` or `/api/generate`: the fold of the one line it is, so that both
 * forms are read by the same rules. With the body's bytes, arguments of tools are their exact text;
 * without them they are printed anew.
 */
export function decodeResponse(json: Json, body?: Uint8Array): Decoded<Completion> {
  if (!isObject(json))
    return { ok: false, fault: malformed("the server's answer is not a JSON object") };
  const fault = decodeErrorLine(json);
  if (fault !== undefined) return { ok: false, fault };
  if (objectAt(json, "message") === undefined && typeof json.response !== "string") {
    return { ok: false, fault: malformed("the server's answer has no message") };
  }
  const step = decodeLine(begin(), json, body === undefined ? noSource : wholeSource(body));
  return step.ok ? { ok: true, value: collect(step.events) } : step;
}
