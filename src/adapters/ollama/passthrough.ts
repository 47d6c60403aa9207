import type { Usage } from "../../../gen/parlance/chat/v1/usage_pb.js";
import type { Frame, FrameWatch, Passthrough, WireRequest } from "../../core/dialect.ts";
import { malformed } from "../../core/faults/fault.ts";
import type { OperationName } from "../../core/operation.ts";
import { editTopLevel } from "../../json/edit.ts";
import { asBuffer, isObject, type Json, type JsonObject, parseJson } from "../../json/json.ts";
import { scanTopLevel } from "../../json/scan.ts";
import { findLastMember } from "../../json/tail.ts";
import { postJson } from "../shared/post-json.ts";
import { holdsVectors, inputCount } from "../shared/vector-count.ts";
import { decodeUsage } from "./usage.ts";
import { decodeEmbedResponse } from "./vendor/embed.ts";
import { decodeErrorLine } from "./vendor/error.ts";
import { CHAT_PATH, EMBED_PATH, GENERATE_PATH, type OllamaOptions } from "./wire.ts";

/** The byte path: the only edit of a request is the model; every line is handed on. */
export const passthrough: Passthrough<Readonly<Record<string, unknown>>> = {
  request,
  scanUsage,
  readable,
  watch,
};

/** A body without messages is one of `/api/generate`. */
function request(operation: OperationName, body: Uint8Array, options: OllamaOptions): WireRequest {
  const edited = editTopLevel(body, { model: JSON.stringify(options.model) }) ?? body;
  if (operation === "embed") return postJson(EMBED_PATH, edited);
  const keys = new Set(scanTopLevel(body)?.map(({ key }) => key));
  return postJson(keys.has("prompt") && !keys.has("messages") ? GENERATE_PATH : CHAT_PATH, edited);
}

function scanUsage(_operation: OperationName, body: Uint8Array): Usage | undefined {
  const counts: Record<string, Json> = {};
  for (const key of ["prompt_eval_count", "eval_count"]) {
    const member = findLastMember(body, key);
    const parsed =
      member === undefined
        ? undefined
        : parseJson(body.subarray(member.valueStart, member.valueEnd));
    if (parsed?.ok === true) counts[key] = parsed.value;
  }
  return decodeUsage(counts);
}

function readable(operation: OperationName, body: Uint8Array, request: JsonObject): boolean {
  if (operation !== "embed") return true;
  return holdsVectors(body, decodeEmbedResponse, inputCount(request, ["input"]));
}

const FORWARD = { forward: true } as const;

function watch(): FrameWatch {
  let ended = false;
  return {
    see(frame) {
      if (!matters(frame)) return FORWARD;
      const parsed = parseJson(frame.data);
      if (!parsed.ok || !isObject(parsed.value)) {
        return {
          forward: false,
          fault: malformed("the server's stream holds a line that is not a JSON object"),
        };
      }
      const fault = decodeErrorLine(parsed.value);
      if (fault !== undefined) return { forward: false, fault };
      if (parsed.value.done !== true) return FORWARD;
      ended = true;
      const usage = decodeUsage(parsed.value);
      return usage === undefined ? FORWARD : { forward: true, usage };
    },
    ended: () => ended,
    missingEnd: () => "",
  };
}

/**
 * Only the rare lines are parsed: the last one and errors. In JSON text a bare `"word"` before a
 * colon can only be a key.
 */
function matters({ data }: Frame): boolean {
  const bytes = asBuffer(data);
  return data.length > 0 && (!bytes.includes('"done":false') || bytes.includes('"error"'));
}
