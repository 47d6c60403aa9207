import type { Usage } from "../../../gen/parlance/chat/v1/usage_pb.js";
import type { Frame, FrameText, FrameWatch, OriginBody, Passthrough } from "../../core/dialect.ts";
import { malformed } from "../../core/faults/fault.ts";
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
  objectAt,
  parseJson,
} from "../../json/json.ts";
import type { JsonText } from "../../json/json-text.ts";
import { plainArguments } from "../../json/plain-arguments.ts";
import { scanTopLevel } from "../../json/scan.ts";
import { writeJson } from "../../json/write.ts";
import { holdsVectors, inputCount } from "../shared/answers/vector-count.ts";
import { hasWholeCounts, isReadable } from "../shared/answers/whole-counts.ts";
import { postJson } from "../shared/post-json.ts";
import { asks } from "./fit/asks.ts";
import { decodeUsage } from "./usage.ts";
import { decodeEmbedResponse } from "./vendor/embed.ts";
import { decodeErrorLine } from "./vendor/error.ts";
import { CHAT_PATH, EMBED_PATH, GENERATE_PATH, type OllamaOptions } from "./wire.ts";

/** The byte path: the only edit of a request is the model; every line is handed on. */
export const passthrough: Passthrough<Readonly<Record<string, unknown>>> = {
  asks,
  fit,
  request,
  scanUsage,
  readable,
  watch,
};

/** A body of the former `/api/embeddings` has a prompt in place of the input. */
function fit(operation: OperationName, { json }: OriginBody): Fit {
  return operation === "embed" && json.prompt !== undefined ? "translated" : "as_is";
}

/** A body without messages is one of `/api/generate`. */
function request(operation: OperationName, body: Uint8Array, options: OllamaOptions): WireRequest {
  const edited = editTopLevel(body, { model: JSON.stringify(options.model) }) ?? body;
  if (operation === "embed") return postJson(EMBED_PATH, edited);
  const keys = new Set(scanTopLevel(body)?.map(({ key }) => key));
  return postJson(keys.has("prompt") && !keys.has("messages") ? GENERATE_PATH : CHAT_PATH, edited);
}

function scanUsage(_operation: OperationName, answer: JsonText): Usage | undefined {
  const json = answer.object();
  return json && decodeUsage(json);
}

/** What clients may fail at: arguments that are a text, counts that are texts or fractions. */
const SUSPECT = /"arguments"\s*:\s*(?:"|null)|eval_count"\s*:\s*(?:"|-?\d+\.)/;

function isSuspect(body: Uint8Array): boolean {
  return SUSPECT.test(asBuffer(body).toString("latin1"));
}

function isWhole(json: JsonObject): boolean {
  const calls = arrayAt(objectAt(json, "message") ?? {}, "tool_calls") ?? [];
  return calls.every((call) => mendCall(call) === call) && hasWholeCounts(json, "eval_count");
}

function readable(operation: OperationName, answer: JsonText, request: JsonObject): boolean {
  if (operation === "chat") return !isSuspect(answer.bytes) || isReadable(answer, isWhole);
  if (operation !== "embed") return true;
  return holdsVectors(answer, decodeEmbedResponse, inputCount(request, ["input"]));
}

const PASS = { forward: true } as const;

function watch(): FrameWatch {
  let ended = false;
  return {
    see(frame) {
      const instead = asBuffer(frame.data).includes('"arguments"') ? mendLine(frame) : undefined;
      const forwarded = instead === undefined ? PASS : { forward: true, instead };
      if (!matters(frame)) return forwarded;
      const parsed = parseJson(frame.data);
      if (!parsed.ok || !isObject(parsed.value)) {
        return {
          forward: false,
          fault: malformed("the server's stream holds a line that is not a JSON object"),
        };
      }
      const fault = decodeErrorLine(parsed.value);
      if (fault !== undefined) return { forward: false, fault };
      if (parsed.value.done !== true) return forwarded;
      ended = true;
      const usage = decodeUsage(parsed.value);
      return usage === undefined ? forwarded : { ...forwarded, usage };
    },
    ended: () => ended,
    missingEnd: () => "",
  };
}

/** A line with calls, whose arguments clients read as objects; undefined where they are. */
function mendLine({ data }: Frame): FrameText | undefined {
  const parsed = isSuspect(data) ? parseJson(data) : undefined;
  if (parsed?.ok !== true || !isObject(parsed.value)) return undefined;
  const message = objectAt(parsed.value, "message") ?? {};
  const calls = arrayAt(message, "tool_calls")?.map(mendCall);
  if (calls === undefined) return undefined;
  return `${writeJson({ ...parsed.value, message: { ...message, tool_calls: calls } })}\n`;
}

function mendCall(json: Json): Json {
  const made = isObject(json) ? objectAt(json, "function") : undefined;
  if (!isObject(json) || made === undefined || isObject(made.arguments)) return json;
  const text = typeof made.arguments === "string" ? made.arguments : "";
  const parsed = parseJson(plainArguments(text));
  const object = parsed.ok && isObject(parsed.value) ? parsed.value : { _raw_arguments: text };
  return { ...json, function: { ...made, arguments: object } };
}

/**
 * Only the rare lines are parsed: the last one and errors. In JSON text a bare `"word"` before a
 * colon can only be a key.
 */
function matters({ data }: Frame): boolean {
  const bytes = asBuffer(data);
  return data.length > 0 && (!bytes.includes('"done":false') || bytes.includes('"error"'));
}
