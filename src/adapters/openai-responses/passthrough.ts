import type { Usage } from "../../../gen/parlance/chat/v1/usage_pb.js";
import type { Frame, FrameWatch, OriginBody, Passthrough } from "../../core/dialect.ts";
import type { Fit } from "../../core/fidelity/fit.ts";
import type { OperationName } from "../../core/operation.ts";
import type { WireRequest } from "../../core/wire-request.ts";
import { editTopLevel } from "../../json/edit.ts";
import {
  arrayAt,
  asBuffer,
  isObject,
  type Json,
  type JsonObject,
  parseJson,
  stringAt,
} from "../../json/json.ts";
import type { JsonText } from "../../json/json-text.ts";
import { plainArguments } from "../../json/plain-arguments.ts";
import { sliceJson, sliceJsonText } from "../../json/slice.ts";
import { hasWholeCounts, isReadable } from "../shared/answers/whole-counts.ts";
import { postJson } from "../shared/post-json.ts";
import { asks } from "./fit/asks.ts";
import { fitResponse } from "./fit/fit.ts";
import { decodeUsage } from "./usage.ts";
import { faultOf } from "./vendor/error.ts";
import { COUNT_PATH, RESPONSES_PATH, type ResponsesOptions } from "./wire.ts";

/** The byte path: the only edit of a fitting body is the model; every frame is handed on. */
export const passthrough: Passthrough<Readonly<Record<string, unknown>>> = {
  keeps: ({ storage }) => storage !== false,
  fit,
  asks,
  request,
  scanUsage,
  readable,
  watch,
};

/** Prompts are counted with the same members that they are answered with. */
function fit(operation: OperationName, origin: OriginBody, options: ResponsesOptions): Fit {
  const chats = operation === "chat" || operation === "count_tokens";
  return chats ? fitResponse(origin, options) : "as_is";
}

function request(
  operation: OperationName,
  body: Uint8Array,
  options: ResponsesOptions,
): WireRequest {
  const edited = editTopLevel(body, { model: JSON.stringify(options.model) }) ?? body;
  return postJson(operation === "count_tokens" ? COUNT_PATH : RESPONSES_PATH, edited);
}

function scanUsage(operation: OperationName, answer: JsonText): Usage | undefined {
  const json = operation === "chat" ? answer.object() : undefined;
  if (json === undefined || !isObject(json.usage)) return undefined;
  return decodeUsage(json.usage, stringAt(json, "service_tier") ?? "");
}

/**
 * Clients may fail at arguments that are an object or none, calls without an id, counts that are
 * texts.
 */
function readable(operation: OperationName, answer: JsonText): boolean {
  return operation !== "chat" || isReadable(answer, isWholeResponse);
}

function isWholeResponse(json: JsonObject): boolean {
  return (arrayAt(json, "output") ?? []).every(isWhole) && hasWholeCounts(json.usage, "_tokens");
}

function isWhole(item: Json): boolean {
  if (!isObject(item) || item.type !== "function_call") return true;
  const text = item.arguments;
  return (
    (stringAt(item, "call_id") ?? "") !== "" &&
    typeof text === "string" &&
    plainArguments(text) === text
  );
}

const FORWARD = { forward: true } as const;

/** Events that end a stream; all others are not looked into. */
const ENDS = [
  "response.completed",
  "response.incomplete",
  "response.failed",
  "response.cancelled",
  "error",
] as const;

function watch(): FrameWatch {
  let ended = false;
  return {
    see(frame) {
      if (!matters(frame)) return FORWARD;
      const type = typeOf(frame);
      switch (type) {
        case "response.completed":
        case "response.incomplete":
        case "response.cancelled": {
          ended = true;
          const usage = usageIn(frame.data);
          return usage === undefined ? FORWARD : { forward: true, usage };
        }
        case "response.failed":
        case "error": {
          const usage = usageIn(frame.data);
          const parsed = parseJson(frame.data);
          const fault = faultOf(parsed.ok && isObject(parsed.value) ? parsed.value : {});
          return {
            forward: true,
            reported: true,
            fault,
            ...(usage === undefined ? undefined : { usage }),
          };
        }
        default:
          return FORWARD;
      }
    },
    ended: () => ended,
    missingEnd: () => "",
  };
}

/** Without an event name the data tell: in JSON text a bare `"word"` is never content. */
function matters({ event, data }: Frame): boolean {
  if (event !== "") return ENDS.some((end) => end === event);
  const bytes = asBuffer(data);
  return ENDS.some((end) => bytes.includes(`"${end}"`));
}

function typeOf({ event, data }: Frame): string {
  if (event !== "") return event;
  const type = sliceJsonText(data, ["type"]);
  return type === undefined
    ? sliceJson(data, ["error"]) === undefined
      ? ""
      : "error"
    : type.slice(1, -1);
}

function usageIn(data: Uint8Array): Usage | undefined {
  const usage = sliceJson(data, ["response", "usage"]);
  return usage === undefined
    ? undefined
    : readUsage(usage, sliceJson(data, ["response", "service_tier"]));
}

function readUsage(usage: Uint8Array, tier: Uint8Array | undefined): Usage | undefined {
  const parsed = parseJson(usage);
  if (!parsed.ok || !isObject(parsed.value)) return undefined;
  const word = tier === undefined ? undefined : parseJson(tier);
  return decodeUsage(
    parsed.value,
    word?.ok === true && typeof word.value === "string" ? word.value : "",
  );
}
