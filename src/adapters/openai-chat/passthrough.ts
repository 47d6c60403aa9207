import type { Usage } from "../../../gen/parlance/chat/v1/usage_pb.js";
import type {
  Frame,
  FrameWatch,
  OriginBody,
  Passthrough,
  WireRequest,
} from "../../core/dialect.ts";
import { isDone } from "../../core/dispatch/done-mark.ts";
import { type Fault, malformed } from "../../core/faults/fault.ts";
import type { Fit } from "../../core/fidelity/fit.ts";
import type { OperationName } from "../../core/operation.ts";
import { editTopLevel } from "../../json/edit.ts";
import { asBuffer, isObject, type JsonObject, parseJson } from "../../json/json.ts";
import { skipBlanks } from "../../json/scan.ts";
import { findLastMember } from "../../json/tail.ts";
import { postJson } from "../shared/post-json.ts";
import { asks } from "./fit/asks.ts";
import { fitEmbed } from "./fit/embed.ts";
import { fitChat } from "./fit/fit.ts";
import { decodeUsage, findUsage } from "./usage.ts";
import { respellEmbedBody } from "./vendor/embed-shape.ts";
import { chunkFault } from "./vendor/stream.ts";
import type { ChatEncodeOptions, ChatQuirks } from "./wire.ts";

/** The byte path: the fitted bytes of the caller, but for the model and the request for usage. */
export const passthrough: Passthrough<ChatQuirks> = {
  fit,
  asks,
  request,
  scanUsage,
  readable,
  watch,
};

function fit(operation: OperationName, origin: OriginBody, options: ChatEncodeOptions): Fit {
  if (operation === "chat") return fitChat(origin, options);
  return operation === "embed" ? fitEmbed(origin, options) : "as_is";
}

function request(
  operation: OperationName,
  body: Uint8Array,
  options: ChatEncodeOptions,
): WireRequest {
  const model = JSON.stringify(options.model);
  if (operation === "embed")
    return postJson("/embeddings", respellEmbedBody(body, model, options.quirks.embedShape));
  if (operation === "moderate")
    return postJson("/moderations", editTopLevel(body, { model }) ?? body);
  const asksUsage = operation === "chat" && options.stream && options.quirks.streamUsage !== false;
  const edited = asksUsage
    ? editTopLevel(body, { model, stream_options: { include_usage: "true" } })
    : undefined;
  return postJson("/chat/completions", edited ?? editTopLevel(body, { model }) ?? body);
}

function scanUsage(_operation: OperationName, body: Uint8Array): Usage | undefined {
  const member = findLastMember(body, "usage");
  if (member === undefined) return undefined;
  const parsed = parseJson(body.subarray(member.valueStart, member.valueEnd));
  return parsed.ok && isObject(parsed.value) ? decodeUsage(parsed.value) : undefined;
}

/**
 * What clients fail at, and some vendors send: no reason of the finish (Snowflake), a tool call
 * without an id (Gemini), arguments that are an object.
 */
const UNREADABLE =
  /"(?:finish_reason|id)"\s*:\s*(?:""|null\b.{0,64}"function")|"arguments"\s*:\s*\{/s;

/** OpenAI's clients look for `flagged`, which Mistral leaves out. */
function readable(operation: OperationName, body: Uint8Array): boolean {
  if (operation === "moderate") return asBuffer(body).includes('"flagged"');
  return operation !== "chat" || !UNREADABLE.test(asBuffer(body).toString("latin1"));
}

/**
 * A frame is parsed only when it holds usage, an error that is not null or no choices; most others
 * cost two native searches.
 */
function watch(clientWantsUsage: boolean): FrameWatch {
  let done = false;
  let finished = false;
  return {
    ended: () => done || finished,
    missingEnd: () => (done ? "" : "data: [DONE]\n\n"),
    see: (frame) => {
      const data = asBuffer(frame.data);
      if (isDone(data)) {
        done = true;
        return PASS;
      }
      const choices = hasValue(data, '"choices"');
      if (choices && frame.event !== "error" && !TELLING.test(data.toString("latin1"))) return PASS;
      if (!finished && hasValue(data, '"finish_reason"')) finished = true;
      const hasUsage = hasValue(data, '"usage"');
      const failed = frame.event === "error" || hasValue(data, '"error"');
      if (choices && !hasUsage && !failed) return PASS;
      return inspect(frame, clientWantsUsage, hasUsage || failed);
    },
  };
}

const PASS = { forward: true } as const;

/** Finds the members that are looked for, each with a value other than null. */
const TELLING = /"(?:finish_reason|usage|error)"[ \t\r\n]*:[ \t\r\n]*(?:[^n \t\r\n]|$)/;

/**
 * `telling`: the frame holds more than a vendor's own words, so that it must be one of the dialect.
 */
function inspect(
  frame: Frame,
  clientWantsUsage: boolean,
  telling: boolean,
): ReturnType<FrameWatch["see"]> {
  const parsed = parseJson(frame.data);
  if (!parsed.ok || !isObject(parsed.value)) {
    if (!telling) return PASS;
    return { forward: false, fault: malformed("a frame of the stream is not a JSON object") };
  }
  const fault: Fault | undefined = chunkFault(parsed.value, frame.event);
  if (fault !== undefined) return { forward: false, fault };
  const found = findUsage(parsed.value);
  if (found === undefined) return PASS;
  return { forward: clientWantsUsage || !isUsageOnly(parsed.value), usage: decodeUsage(found) };
}

/** The frame that OpenAI sends for `include_usage`: usage and an empty list of choices. */
function isUsageOnly(chunk: JsonObject): boolean {
  const choices = chunk.choices;
  return (
    choices === undefined || choices === null || (Array.isArray(choices) && choices.length === 0)
  );
}

/** Whether a key occurs with a value other than null. */
function hasValue(data: Buffer, quotedKey: string): boolean {
  for (let at = data.indexOf(quotedKey); at !== -1; at = data.indexOf(quotedKey, at + 1)) {
    const colon = skipBlanks(data, at + quotedKey.length);
    if (data[colon] === 0x3a && data[skipBlanks(data, colon + 1)] !== 0x6e) return true;
  }
  return false;
}
