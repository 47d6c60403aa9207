import type { Completion } from "../../../gen/parlance/chat/v1/completion_pb.js";
import { FinishReason } from "../../../gen/parlance/chat/v1/completion_pb.js";
import type { Event, MessageStart } from "../../../gen/parlance/chat/v1/event_pb.js";
import type { Usage } from "../../../gen/parlance/chat/v1/usage_pb.js";
import { ErrorReason } from "../../../gen/parlance/error/v1/error_reason_pb.js";
import type { Decoded } from "../../core/dialect.ts";
import { pathSegment, staysInPlace } from "../../core/dispatch/url-path.ts";
import { type Fault, malformed } from "../../core/faults/fault.ts";
import type { FollowUp } from "../../core/follow-up.ts";
import type { WireRequest } from "../../core/wire-request.ts";
import { collect } from "../../events/collect.ts";
import { event } from "../../events/make-events.ts";
import { isObject, type Json, type JsonObject, objectAt, stringAt } from "../../json/json.ts";
import { unknownMembers } from "../../json/members.ts";
import { wholeSource } from "../../json/source-slice.ts";
import { countAt } from "../shared/count-at.ts";
import { decodeErrorObject } from "./error.ts";
import { DIALECT } from "./wire.ts";

/** Members of a prediction that are read, or say what the caller said; others travel as extras. */
const known: ReadonlySet<string> = new Set([
  ...[
    "id",
    "model",
    "version",
    "input",
    "output",
    "status",
    "error",
    "urls",
    "created_at",
    "logs",
    "stream",
  ],
]);

/**
 * How long to wait before a prediction that is not there yet is polled again, in milliseconds; as
 * the vendor's own client waits.
 */
const POLL_MS = 500;

/** A prediction that has come to its end. One that has not is polled before (followUp). */
export function decodeResponse(json: Json, body: Uint8Array): Decoded<Completion> {
  if (!isObject(json)) return { ok: false, fault: malformed("the answer is not a JSON object") };
  const fault = predictionFault(json);
  if (fault !== undefined) return { ok: false, fault };
  const text = textOf(json.output);
  if (text === undefined)
    return { ok: false, fault: malformed("the prediction's output is not text") };
  const events = [
    messageStart(json),
    ...(text === "" ? [] : [textDelta(text)]),
    finish(""),
    ...usageEvents(json),
  ];
  const completion = collect(events);
  const extras = unknownMembers(json, wholeSource(body), known);
  if (extras !== "") completion.extrasJson = { [DIALECT]: extras };
  return { ok: true, value: completion };
}

/**
 * A prediction that has begun: its stream, where it has one, is read; else it is polled. A caller
 * who leaves cancels it, for it costs as long as it runs. See
 * https://replicate.com/docs/topics/predictions/lifecycle.
 */
export function followUp(json: Json): FollowUp | undefined {
  if (!isObject(json)) return undefined;
  const status = stringAt(json, "status");
  const id = stringAt(json, "id") ?? "";
  if ((status !== "starting" && status !== "processing") || id === "") return undefined;
  const path = `/predictions/${pathSegment(id)}`;
  if (!staysInPlace(path)) return undefined;
  const abandon: WireRequest = { method: "POST", path: `${path}/cancel`, headers: [], body: "" };
  const stream = stringAt(objectAt(json, "urls") ?? {}, "stream") ?? "";
  if (!URL.canParse(stream)) return { request: get(path, []), delayMs: POLL_MS, abandon };
  const { origin, pathname, search } = new URL(stream);
  const request = { ...get(`${pathname}${search}`, ["accept", "text/event-stream"]), origin };
  return { request, delayMs: 0, abandon };
}

function get(path: string, headers: readonly string[]): WireRequest {
  return { method: "GET", path, headers, body: "" };
}

function predictionFault(json: JsonObject): Fault | undefined {
  const status = stringAt(json, "status");
  const vendorMessage = stringAt(json, "error") ?? "";
  if (status === "failed" || status === "aborted") {
    return {
      reason: ErrorReason.UPSTREAM_INTERNAL,
      message: vendorMessage === "" ? "the prediction failed" : vendorMessage.slice(0, 4096),
    };
  }
  if (status === "canceled") {
    return {
      reason: ErrorReason.UPSTREAM_CUT,
      message: "the prediction was cancelled at the vendor",
    };
  }
  return status === undefined ? decodeErrorObject(json) : undefined;
}

/** Language models give a list of pieces, or one text. */
function textOf(output: Json | undefined): string | undefined {
  if (typeof output === "string") return output;
  if (output === null || output === undefined) return "";
  if (!Array.isArray(output) || output.some((piece) => typeof piece !== "string")) return undefined;
  return output.join("");
}

/** The beginning of an answer. */
export function messageStart(json: JsonObject): Event {
  const createdMs = Date.parse(stringAt(json, "created_at") ?? "");
  const value: MessageStart = {
    $typeName: "parlance.chat.v1.MessageStart",
    id: stringAt(json, "id") ?? "",
    model: stringAt(json, "model") ?? "",
    createdUnixS:
      Number.isFinite(createdMs) && createdMs > 0 ? BigInt(Math.trunc(createdMs / 1000)) : 0n,
    systemFingerprint: "",
    serviceTier: "",
  };
  return event({ case: "messageStart", value });
}

/** A piece of the answer. */
export function textDelta(text: string): Event {
  return event({
    case: "textDelta",
    value: { $typeName: "parlance.chat.v1.TextDelta", choice: 0, part: 0, text },
  });
}

/** The end of the answer. The vendor does not tell why a model ended. */
export function finish(vendorReason: string): Event {
  const reason = FinishReason.UNSPECIFIED;
  const value = {
    $typeName: "parlance.chat.v1.Finish",
    choice: 0,
    reason,
    vendorReason,
    stopSequence: "",
  } as const;
  return event({ case: "finish", value });
}

/**
 * Official language models count their tokens; others tell seconds only, which are kept as extras.
 */
function usageEvents(json: JsonObject): Event[] {
  const metrics = objectAt(json, "metrics");
  if (metrics === undefined) return [];
  const input = countAt(metrics, "input_token_count");
  const output = countAt(metrics, "output_token_count");
  if (input === undefined && output === undefined) return [];
  const value: Usage = {
    $typeName: "parlance.chat.v1.Usage",
    ...(input === undefined ? undefined : { inputTokens: input }),
    ...(output === undefined ? undefined : { outputTokens: output }),
    toolUses: {},
    serviceTier: "",
    extrasJson: {},
  };
  return [event({ case: "usage", value })];
}
