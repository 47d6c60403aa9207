import type { Completion } from "../../../gen/parlance/chat/v1/completion_pb.js";
import { collect } from "../../core/collect.ts";
import type { Decoded } from "../../core/dialect.ts";
import { malformed } from "../../core/fault.ts";
import { arrayAt, isObject, type Json, type JsonObject, objectAt, stringAt } from "../../core/json.ts";
import { sliceJson, sliceJsonText } from "../../core/json-slice.ts";
import { decodeErrorObject, finishFault, isErrorObject } from "./error.ts";
import { otherMembers } from "./extras.ts";
import { addLogprobs, finish, printAsides } from "./stream.ts";
import { beginCall, decodeCitationAt, decodeContent, decodePlan, decodeText, endCall } from "./stream-parts.ts";
import { begin, emit, emitStart, type FrameWork, lastPart } from "./stream-state.ts";
import { addFormerCalls, addFormerCitations, endFormer } from "./stream-v1.ts";
import { decodeUsage } from "./usage.ts";
import { NAME } from "./wire.ts";

const known: ReadonlySet<string> = new Set(["id", "message", "finish_reason", "usage", "logprobs", "model"]);

const knownFormer: ReadonlySet<string> = new Set([
  "response_id",
  "generation_id",
  "text",
  "finish_reason",
  "meta",
  "tool_calls",
  "citations",
  "chat_history",
]);

/**
 * Reads a whole answer: the fold of the events it stands for, so that both forms of an answer are read by the same rules.
 * An answer of v1 is known by its `text`. An error with status 200 is the failure it reports.
 */
export function decodeResponse(json: Json, body: Uint8Array): Decoded<Completion> {
  if (!isObject(json)) return { ok: false, fault: malformed("the answer is not a JSON object") };
  if (isErrorObject(json)) return { ok: false, fault: decodeErrorObject(json) };
  const work: FrameWork = { state: begin(), events: [] };
  const message = objectAt(json, "message");
  if (message === undefined && typeof json.text !== "string") {
    return { ok: false, fault: malformed("the answer has no message") };
  }
  const fault = message === undefined ? decodeFormer(work, json, body) : decodeWhole(work, json, message, body);
  if (fault !== undefined) return { ok: false, fault };
  const completion = collect(work.events);
  const extras = otherMembers(json, message === undefined ? knownFormer : known, body);
  completion.extrasJson = work.state.asides.length === 0 ? extras : { [NAME]: printAsides(work.state), ...extras };
  return { ok: true, value: completion };
}

function decodeWhole(work: FrameWork, json: JsonObject, message: JsonObject, body: Uint8Array) {
  const word = stringAt(json, "finish_reason") ?? "";
  const fault = finishFault(word, "");
  if (fault !== undefined) return fault;
  emitStart(work, stringAt(json, "id") ?? "", stringAt(json, "model") ?? "");
  const { content } = message;
  if (typeof content === "string") decodeText(work, content);
  for (const [index, item] of (arrayAt(message, "content") ?? []).entries()) {
    if (isObject(item)) decodeItem(work, index, item, body);
  }
  addCitations(work, message, body);
  decodePlan(work, stringAt(message, "tool_plan") ?? "");
  for (const [index, call] of (arrayAt(message, "tool_calls") ?? []).entries()) {
    if (!isObject(call)) continue;
    beginCall(work, index, call);
    endCall(work, lastPart(work, "call"));
  }
  addLogprobs(work, json.logprobs);
  finish(work, word);
  const usage = objectAt(json, "usage");
  if (usage !== undefined) emit(work, { case: "usage", value: decodeUsage(usage) });
  return undefined;
}

/** Content of another kind than text and thoughts stays in the vendor's words. */
function decodeItem(work: FrameWork, index: number, item: JsonObject, body: Uint8Array): void {
  if (item.type === undefined || item.type === "text" || item.type === "thinking") {
    decodeContent(work, index, item);
    return;
  }
  const json = sliceJsonText(body, ["message", "content", index]) ?? JSON.stringify(item);
  const content = {
    $typeName: "parlance.chat.v1.Part",
    content: { case: "opaque", value: { $typeName: "parlance.chat.v1.Opaque", dialect: NAME, json } },
  } as const;
  const { parts } = work.state;
  const part = parts.length;
  work.state = { ...work.state, parts: [...parts, { kind: "other", index: -1, part, hasInput: false }] };
  emit(work, { case: "partWhole", value: { $typeName: "parlance.chat.v1.PartWhole", choice: 0, part, content } });
}

function addCitations(work: FrameWork, message: JsonObject, body: Uint8Array): void {
  const citations = arrayAt(message, "citations") ?? [];
  const source = citations.length === 0 ? undefined : sliceJson(body, ["message", "citations"]);
  for (const [at, citation] of citations.entries()) {
    if (!isObject(citation)) continue;
    const text = source === undefined ? undefined : sliceJsonText(source, [at]);
    decodeCitationAt(work, citation, text ?? JSON.stringify(citation));
  }
}

function decodeFormer(work: FrameWork, json: JsonObject, body: Uint8Array) {
  emitStart(work, stringAt(json, "response_id") ?? stringAt(json, "generation_id") ?? "", "");
  const calls = arrayAt(json, "tool_calls") ?? [];
  const text = stringAt(json, "text") ?? "";
  if (calls.length > 0) decodePlan(work, text);
  else decodeText(work, text);
  addFormerCitations(work, json, body, []);
  addFormerCalls(work, json, body, []);
  return endFormer(work, json, json);
}
