import { arrayAt, isObject, type JsonObject, objectAt, stringAt } from "../../../json/json.ts";
import {
  elementSources,
  memberSource,
  type Source,
  sourceText,
} from "../../../json/source-slice.ts";
import { decodeFinishReason } from "../finish-reason.ts";
import { decodeUsage } from "../usage.ts";
import { finishFault } from "./error.ts";
import { beginCall, decodeCitations, decodePlan, decodeText, endCalls } from "./stream-part.ts";
import { emit, emitStart, type FrameWork, lastPart } from "./stream-state.ts";

/**
 * A line of the former API's stream (https://docs.cohere.com/v1/reference/chat-stream), which some
 * hosts of the vendor's models still speak. Searches are not emitted; what they found is in the
 * citations.
 */
export function decodeFormerFrame(work: FrameWork, json: JsonObject, source: Source) {
  emitStart(
    work,
    stringAt(json, "generation_id") ??
      stringAt(objectAt(json, "response") ?? {}, "generation_id") ??
      "",
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
      addFormerCalls(work, json, source);
      return undefined;
    case "citation-generation":
      addFormerCitations(work, json, source);
      return undefined;
    case "stream-end":
      return endFormer(work, json);
    default:
      return undefined;
  }
}

/** The tool calls of v1, which have no ids: a name and the arguments as an object. */
export function addFormerCalls(work: FrameWork, json: JsonObject, source: Source): void {
  const sourceAt = elementSources(memberSource(source, "tool_calls"));
  for (const [at, call] of (arrayAt(json, "tool_calls") ?? []).entries()) {
    if (!isObject(call)) continue;
    const { parameters } = call;
    const input = isObject(parameters)
      ? sourceText(memberSource(sourceAt(at), "parameters"), parameters)
      : "{}";
    beginCall(work, at, call, input);
  }
}

/** The citations of v1, whose sources are ids of documents. */
export function addFormerCitations(work: FrameWork, json: JsonObject, source: Source): void {
  decodeCitations(work, arrayAt(json, "citations") ?? [], memberSource(source, "citations"));
}

/** Ends an answer of v1: `json` holds the finish reason, `reply` the rest. */
export function endFormer(
  work: FrameWork,
  json: JsonObject,
  reply: JsonObject = objectAt(json, "response") ?? json,
) {
  const word = stringAt(json, "finish_reason") ?? stringAt(reply, "finish_reason") ?? "";
  const fault = finishFault(word, stringAt(json, "error") ?? "");
  if (fault !== undefined) return fault;
  endCalls(work);
  const calls = lastPart(work, "call") !== undefined;
  work.state.finished = true;
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
