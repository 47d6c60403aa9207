import type { Usage } from "../../../gen/parlance/chat/v1/usage_pb.js";
import type { Frame, FrameWatch, Passthrough } from "../../core/dialect.ts";
import { isDone } from "../../core/dispatch/done-mark.ts";
import { malformed } from "../../core/faults/fault.ts";
import type { OperationName } from "../../core/operation.ts";
import type { WireRequest } from "../../core/wire-request.ts";
import { editTopLevel } from "../../json/edit.ts";
import { asBuffer, isObject, type Json, objectAt, parseJson } from "../../json/json.ts";
import type { JsonText } from "../../json/json-text.ts";
import { postJson } from "../shared/post-json.ts";
import { decodeUsage } from "./details.ts";
import { decodeErrorObject } from "./error.ts";
import { isLast } from "./stream.ts";
import { type GenerateOptions, placeOf, TOKENIZE_PATH } from "./wire.ts";

/** The byte path: bodies go out as they came, for they name no model; every frame is handed on. */
export const passthrough: Passthrough<Readonly<Record<string, unknown>>> = {
  request,
  scanUsage,
  watch,
};

function request(
  operation: OperationName,
  body: Uint8Array,
  options: GenerateOptions,
): WireRequest {
  if (operation === "count_tokens") return postJson(TOKENIZE_PATH, body);
  const { path, tellsStream } = placeOf(options);
  const edited = tellsStream ? editTopLevel(body, { stream: String(options.stream) }) : undefined;
  return postJson(path, edited ?? body);
}

function scanUsage(_operation: OperationName, text: JsonText): Usage | undefined {
  const parsed = text.parse();
  const answer: Json | undefined =
    parsed.ok && Array.isArray(parsed.value)
      ? parsed.value[0]
      : parsed.ok
        ? parsed.value
        : undefined;
  const details = isObject(answer) ? objectAt(answer, "details") : undefined;
  return details === undefined ? undefined : decodeUsage(details);
}

const FORWARD = { forward: true } as const;

function watch(): FrameWatch {
  let ended = false;
  return {
    see(frame) {
      if (!matters(frame) || isDone(frame.data)) return FORWARD;
      const parsed = parseJson(frame.data);
      if (!parsed.ok || !isObject(parsed.value)) {
        return {
          forward: false,
          fault: malformed("the server's stream holds an event that is not a JSON object"),
        };
      }
      const fault = decodeErrorObject(parsed.value);
      if (fault !== undefined) return { forward: false, fault };
      if (!isLast(parsed.value)) return FORWARD;
      ended = true;
      const details = objectAt(parsed.value, "details");
      const usage = details === undefined ? undefined : decodeUsage(details);
      return usage === undefined ? FORWARD : { forward: true, usage };
    },
    ended: () => ended,
    missingEnd: () => "",
  };
}

/** Frames in the middle say that there is no text yet; only others are parsed. */
function matters({ data }: Frame): boolean {
  const bytes = asBuffer(data);
  return data.length > 0 && (!bytes.includes('"generated_text":null') || bytes.includes('"error"'));
}
