import type { Usage } from "../../../gen/parlance/chat/v1/usage_pb.js";
import type { Frame, FrameWatch, OriginBody, Passthrough } from "../../core/dialect.ts";
import { malformed } from "../../core/faults/fault.ts";
import type { Fit } from "../../core/fidelity/fit.ts";
import type { OperationName } from "../../core/operation.ts";
import type { WireRequest } from "../../core/wire-request.ts";
import { editTopLevel } from "../../json/edit.ts";
import { asBuffer, isObject, type JsonObject, parseJson } from "../../json/json.ts";
import type { JsonText } from "../../json/json-text.ts";
import { scanTopLevel } from "../../json/scan.ts";
import { writeJson } from "../../json/write.ts";
import { holdsVectors, inputCount } from "../shared/answers/vector-count.ts";
import { isReadable } from "../shared/answers/whole-counts.ts";
import { postJson } from "../shared/post-json.ts";
import { asks } from "./fit/asks.ts";
import { mendAnswer } from "./mend/answer.ts";
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

function isWhole(json: JsonObject): boolean {
  const mended = mendAnswer(json);
  return mended.ok && mended.value === json;
}

function readable(operation: OperationName, answer: JsonText, request: JsonObject): boolean {
  if (operation === "chat") return isReadable(answer, isWhole);
  if (operation !== "embed") return true;
  return holdsVectors(answer, decodeEmbedResponse, inputCount(request, ["input"]));
}

const PASS = { forward: true } as const;

function watch(): FrameWatch {
  let ended = false;
  return {
    see(frame) {
      if (!matters(frame)) return PASS;
      const parsed = parseJson(frame.data);
      if (!parsed.ok || !isObject(parsed.value)) {
        return {
          forward: false,
          fault: malformed("the server's stream holds a line that is not a JSON object"),
        };
      }
      const json = parsed.value;
      const fault = decodeErrorLine(json);
      if (fault !== undefined) return { forward: false, fault };
      const mended = mendAnswer(json);
      const usage = json.done === true ? decodeUsage(json) : undefined;
      const spent = usage === undefined ? undefined : { usage };
      if (!mended.ok) return { forward: false, fault: mended.fault, ...spent };
      ended ||= json.done === true;
      if (mended.value === json) return { ...PASS, ...spent };
      return { ...PASS, ...spent, instead: `${writeJson(mended.value)}\n` };
    },
    ended: () => ended,
    missingEnd: () => "",
  };
}

/**
 * Only the rare lines are parsed: the last one, errors, calls, and contents that are no text. In
 * JSON text a bare `"word"` before a colon can only be a key.
 */
function matters({ data }: Frame): boolean {
  if (data.length === 0) return false;
  const text = asBuffer(data).toString("latin1");
  return !PLAIN.test(text) || NOTABLE.test(text);
}

const PLAIN = /"done"\s*:\s*false/;
const NOTABLE = /"(?:error|tool_calls)"|"content"\s*:\s*[^"\s]/;
