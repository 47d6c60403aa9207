import type { Completion } from "../../../../gen/parlance/chat/v1/completion_pb.js";
import type { Decoded, DecodeOptions } from "../../../core/dialect.ts";
import { malformed } from "../../../core/faults/fault.ts";
import { collect } from "../../../events/collect.ts";
import { isObject, type Json } from "../../../json/json.ts";
import { chunkFault, decodeChunk, readExtras } from "./stream.ts";
import { begin, type FrameWork } from "./stream-state.ts";

/**
 * Reads a whole answer: the fold of the one chunk it stands for, so that both forms of an answer
 * are read by the same rules. An error object with status 200 is the failure it reports.
 */
export function decodeResponse(
  json: Json,
  options?: Pick<DecodeOptions, "model">,
): Decoded<Completion> {
  if (!isObject(json)) return { ok: false, fault: malformed("the answer is not a JSON object") };
  const fault = chunkFault(json, "");
  if (fault !== undefined) return { ok: false, fault };
  if (!Array.isArray(json.choices))
    return { ok: false, fault: malformed("the answer has no choices") };
  const work: FrameWork = { state: begin(options?.model), events: [], whole: true };
  decodeChunk(work, json);
  if (work.fault !== undefined) return { ok: false, fault: work.fault };
  const completion = collect(work.events);
  completion.extrasJson = readExtras(work.state);
  return { ok: true, value: completion };
}
