import { arrayAt, isObject, type JsonObject, objectAt, stringAt } from "../../core/json.ts";
import { sliceJsonText } from "../../core/json-slice.ts";
import { finishFault } from "./error.ts";
import { decodeFinishReason } from "./finish-reason.ts";
import { beginCall, decodeCitationAt, decodePlan, decodeText, endCall } from "./stream-parts.ts";
import { emit, emitStart, type FrameWork } from "./stream-state.ts";
import { decodeUsage } from "./usage.ts";

/**
 * A line of the former API's stream (https://docs.cohere.com/v1/reference/chat-stream), which some hosts of the vendor's models
 * still speak. Searches are not told; what they found is in the citations.
 */
export function decodeFormerFrame(work: FrameWork, json: JsonObject, data: Uint8Array) {
  emitStart(
    work,
    stringAt(json, "generation_id") ?? stringAt(objectAt(json, "response") ?? {}, "generation_id") ?? "",
    "",
  );
  switch (json.event_type) {
    case "text-generation":
      decodeText(work, stringAt(json, "text") ?? "");
      return undefined;
    case "tool-calls-chunk":
      decodePlan(work, stringAt(json, "text") ?? "");
      return undefined;
    case "tool-calls-generation":
      addFormerCalls(work, json, data, []);
      return undefined;
    case "citation-generation":
      addFormerCitations(work, json, data, []);
      return undefined;
    case "stream-end":
      return endFormer(work, json);
    default:
      return undefined;
  }
}

/** The tool calls of v1, which have no ids: a name and the arguments as an object. */
export function addFormerCalls(work: FrameWork, json: JsonObject, body: Uint8Array, path: readonly string[]): void {
  for (const [at, call] of (arrayAt(json, "tool_calls") ?? []).entries()) {
    if (!isObject(call)) continue;
    const input = isObject(call.parameters)
      ? sliceJsonText(body, [...path, "tool_calls", at, "parameters"])
      : undefined;
    beginCall(work, at, call, input ?? "{}");
  }
}

/** The citations of v1, whose sources are ids of documents. */
export function addFormerCitations(work: FrameWork, json: JsonObject, body: Uint8Array, path: readonly string[]): void {
  for (const [at, citation] of (arrayAt(json, "citations") ?? []).entries()) {
    if (!isObject(citation)) continue;
    const text = sliceJsonText(body, [...path, "citations", at]) ?? JSON.stringify(citation);
    decodeCitationAt(work, citation, text);
  }
}

/** Ends an answer of v1: `json` holds the finish reason, `reply` the rest. */
export function endFormer(work: FrameWork, json: JsonObject, reply: JsonObject = objectAt(json, "response") ?? json) {
  const word = stringAt(json, "finish_reason") ?? stringAt(reply, "finish_reason") ?? "";
  const fault = finishFault(word, stringAt(json, "error") ?? "");
  if (fault !== undefined) return fault;
  for (const part of work.state.parts) if (part.kind === "call") endCall(work, part);
  const calls = work.state.parts.some((part) => part.kind === "call");
  work.state = { ...work.state, finished: true };
  const reason = decodeFinishReason(calls && word === "COMPLETE" ? "TOOL_CALL" : word);
  const value = {
    $typeName: "parlance.chat.v1.Finish",
    choice: 0,
    reason,
    vendorReason: word,
    stopSequence: "",
  } as const;
  emit(work, { case: "finish", value });
  const meta = objectAt(reply, "meta");
  if (meta !== undefined) emit(work, { case: "usage", value: decodeUsage(meta) });
  return undefined;
}
