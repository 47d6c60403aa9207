import type { Usage } from "../../../gen/parlance/chat/v1/usage_pb.js";
import type { Frame, FrameText, FrameWatch, OriginBody, Passthrough } from "../../core/dialect.ts";
import { isDone } from "../../core/dispatch/done-mark.ts";
import type { Fit } from "../../core/fidelity/fit.ts";
import type { OperationName } from "../../core/operation.ts";
import type { PassContext } from "../../core/pass-context.ts";
import type { WireRequest } from "../../core/wire-request.ts";
import { editTopLevel } from "../../json/edit.ts";
import {
  arrayAt,
  isObject,
  type Json,
  type JsonObject,
  parseJson,
  stringAt,
} from "../../json/json.ts";
import type { JsonText } from "../../json/json-text.ts";
import { sliceJson, sliceJsonText } from "../../json/slice.ts";
import { writeJson } from "../../json/write.ts";
import { hasWholeCounts, isReadable } from "../shared/answers/whole-counts.ts";
import { postJson } from "../shared/post-json.ts";
import { asks } from "./fit/asks.ts";
import { fitResponse } from "./fit/fit.ts";
import { mendItem } from "./mend/response.ts";
import { createEventMender, type EventMender } from "./mend/stream.ts";
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
 * What clients may fail at: calls, whose arguments may be an object or none and whose ids may be
 * missing, content that is a text, counts that are texts.
 */
function readable(operation: OperationName, answer: JsonText): boolean {
  return operation !== "chat" || isReadable(answer, isWholeResponse);
}

function isWholeResponse(json: JsonObject): boolean {
  if (isObject(json.error) || json.status === "failed") return true;
  const output = arrayAt(json, "output");
  const named = (stringAt(json, "id") ?? "") !== "" && typeof json.status === "string";
  return named && output?.every(isWhole) === true && isWholeUsage(json.usage);
}

function isWholeUsage(usage: Json | undefined): boolean {
  if (!isObject(usage)) return true;
  const { input_tokens_details: input, output_tokens_details: output } = usage;
  return isObject(input) && isObject(output) && hasWholeCounts(usage, "_tokens");
}

function isWhole(item: Json): boolean {
  return isObject(item) && mendItem(item, NO_NAMES, true) === item;
}

const NO_NAMES = { id: "", callId: "" };

const FORWARD = { forward: true } as const;

type Seen = ReturnType<FrameWatch["see"]>;

function watch(_clientWantsUsage: boolean, context: PassContext = NO_CALL): FrameWatch {
  const mender = createEventMender(context);

  function read(frame: Frame, json: JsonObject): Seen {
    const type = stringAt(json, "type") ?? (frame.event || typeOf(frame));
    switch (type) {
      case "response.completed":
      case "response.incomplete":
      case "response.cancelled":
        return withUsage(mended(json, mender.mend(type, json)), frame);
      case "response.failed":
      case "error":
        return withUsage({ forward: true, reported: true, fault: faultOf(json) }, frame);
      default:
        return type.startsWith("response.") ? mended(json, mender.mend(type, json)) : FORWARD;
    }
  }

  return {
    see(frame) {
      if (frame.data.length === 0 || mender.flows(frame)) return FORWARD;
      if (isDone(frame.data)) return closing(mender);
      const parsed = parseJson(frame.data);
      if (parsed.ok && isObject(parsed.value)) return read(frame, parsed.value);
      return frame.event === "error" ? read(frame, { type: "error" }) : FORWARD;
    },
    ended: () => mender.ended(),
    missingEnd: () => "",
  };
}

const NO_CALL: PassContext = { callId: "", model: "", nowUnixS: 0 };

function mended(json: JsonObject, events: readonly JsonObject[]): Seen {
  if (events.length === 1 && events[0] === json) return FORWARD;
  return { forward: true, instead: events.map(printEvent).join("") };
}

/** What the vendor means by `[DONE]` comes before it. */
function closing(mender: EventMender): Seen {
  if (mender.ended()) return FORWARD;
  const end = mender.close();
  return end.length === 0 ? FORWARD : { forward: true, instead: end.map(printEvent).join("") };
}

function printEvent(event: JsonObject): FrameText {
  return `event: ${stringAt(event, "type") ?? ""}\ndata: ${writeJson(event)}\n\n`;
}

function withUsage(seen: Seen, { data }: Frame): Seen {
  const usage = usageIn(data);
  return usage === undefined ? seen : { ...seen, usage };
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
