import type { Completion } from "../../../../gen/parlance/chat/v1/completion_pb.js";
import type { Decoded } from "../../../core/dialect.ts";
import { malformed } from "../../../core/faults/fault.ts";
import { collect } from "../../../events/collect.ts";
import {
  arrayAt,
  isObject,
  type Json,
  type JsonObject,
  objectAt,
  stringAt,
} from "../../../json/json.ts";
import {
  elementSources,
  memberSource,
  type Source,
  sourceText,
  wholeSource,
} from "../../../json/source-slice.ts";
import { otherMembers } from "../extras.ts";
import { decodeUsage } from "../usage.ts";
import { NAME } from "../wire.ts";
import { decodeErrorObject, finishFault, isErrorObject } from "./error.ts";
import { addLogprobs, finish, listsFault, printAsides } from "./stream.ts";
import {
  beginCall,
  decodeCitations,
  decodeContent,
  decodePlan,
  decodeText,
  endCall,
} from "./stream-part.ts";
import { addPart, begin, emit, emitStart, type FrameWork, lastPart } from "./stream-state.ts";
import { addFormerCalls, addFormerCitations, endFormer } from "./stream-v1.ts";

const known: ReadonlySet<string> = new Set([
  "id",
  "message",
  "finish_reason",
  "usage",
  "logprobs",
  "model",
]);

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
 * Reads a whole answer: the fold of the events it stands for, so that both forms of an answer are
 * read by the same rules. An answer of v1 is known by its `text`. An error with status 200 is the
 * failure it reports.
 */
export function decodeResponse(json: Json, body: Uint8Array): Decoded<Completion> {
  if (!isObject(json)) return { ok: false, fault: malformed("the answer is not a JSON object") };
  if (isErrorObject(json)) return { ok: false, fault: decodeErrorObject(json) };
  const tooLarge = listsFault(json);
  if (tooLarge !== undefined) return { ok: false, fault: tooLarge };
  const work: FrameWork = { state: begin(), events: [] };
  const source = wholeSource(body);
  const message = objectAt(json, "message");
  if (message === undefined && typeof json.text !== "string") {
    return { ok: false, fault: malformed("the answer has no message") };
  }
  const fault =
    message === undefined
      ? decodeFormer(work, json, source)
      : decodeWhole(work, json, message, source);
  if (fault !== undefined) return { ok: false, fault };
  const completion = collect(work.events);
  const extras = otherMembers(json, message === undefined ? knownFormer : known, body);
  completion.extrasJson =
    work.state.asides.length === 0 ? extras : { [NAME]: printAsides(work.state), ...extras };
  return { ok: true, value: completion };
}

function decodeWhole(work: FrameWork, json: JsonObject, message: JsonObject, source: Source) {
  const word = stringAt(json, "finish_reason") ?? "";
  const fault = finishFault(word, "");
  if (fault !== undefined) return fault;
  emitStart(work, stringAt(json, "id") ?? "", stringAt(json, "model") ?? "");
  const messageSource = memberSource(source, "message");
  decodeItems(work, message, memberSource(messageSource, "content"));
  decodeCitations(
    work,
    arrayAt(message, "citations") ?? [],
    memberSource(messageSource, "citations"),
  );
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

function decodeItems(work: FrameWork, message: JsonObject, source: Source): void {
  const { content } = message;
  if (typeof content === "string") decodeText(work, content);
  const sourceAt = elementSources(source);
  for (const [index, item] of (arrayAt(message, "content") ?? []).entries()) {
    if (isObject(item)) decodeItem(work, index, item, sourceAt(index));
  }
}

/** Content of another kind than text and thoughts stays in the vendor's words. */
function decodeItem(work: FrameWork, index: number, item: JsonObject, source: Source): void {
  if (item.type === undefined || item.type === "text" || item.type === "thinking") {
    decodeContent(work, index, item);
    return;
  }
  const json = sourceText(source, item);
  const content = {
    $typeName: "parlance.chat.v1.Part",
    content: {
      case: "opaque",
      value: { $typeName: "parlance.chat.v1.Opaque", dialect: NAME, json },
    },
  } as const;
  const { part } = addPart(work, "other", -1);
  emit(work, {
    case: "partWhole",
    value: { $typeName: "parlance.chat.v1.PartWhole", choice: 0, part, content },
  });
}

function decodeFormer(work: FrameWork, json: JsonObject, source: Source) {
  emitStart(work, stringAt(json, "response_id") ?? stringAt(json, "generation_id") ?? "", "");
  const calls = arrayAt(json, "tool_calls") ?? [];
  const text = stringAt(json, "text") ?? "";
  if (calls.length > 0) decodePlan(work, text);
  else decodeText(work, text);
  addFormerCitations(work, json, source);
  addFormerCalls(work, json, source);
  return endFormer(work, json, json);
}
