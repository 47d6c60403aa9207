import type { Part, Reasoning, ToolCall } from "../../../../gen/parlance/chat/v1/part_pb.js";
import { appendAll } from "../../../core/append-all.ts";
import { isObject, type Json, type JsonObject, objectAt, stringAt } from "../../../json/json.ts";
import { elementSources, memberSource, sourceText } from "../../../json/source-slice.ts";
import { noteMark, noteUnknown, takeOpaque } from "../../shared/notes/unknown-members.ts";
import {
  at,
  type Cursor,
  isAtObject,
  list,
  object,
  objects,
  requiredName,
  requiredObject,
  string,
} from "../../shared/request-cursor.ts";
import { decodeAnnotation } from "../citation.ts";
import { type ReasoningEntry, readEntries, readPlainReasoning } from "../reasoning.ts";
import { NAME } from "../wire.ts";
import { decodeContent, partOf } from "./content.ts";

const detailMembers = new Set([
  "type",
  "format",
  "index",
  "text",
  "summary",
  "signature",
  "data",
  "id",
]);
const blockMembers = new Set(["type", "thinking", "signature", "data"]);
const annotationMembers = new Set(["type", "url_citation"]);
const pageMembers = new Set(["start_index", "end_index", "url", "title", "content"]);
const audioMembers = new Set(["id", "transcript"]);
/** An index says no more than the order does. */
const callMembers = new Set(["type", "id", "index", "function", "extra_content"]);
const customCallMembers = new Set(["type", "id", "index", "custom", "extra_content"]);
const calledMembers = new Set(["name", "arguments"]);
const inputMembers = new Set(["name", "input"]);
const contentMembers = new Set(["google"]);
const googleMembers = new Set(["thought_signature"]);
const otherMembers = new Set(["dialect", "part"]);
const specificMembers = new Set(["parts"]);

/**
 * Reads an earlier answer: reasoning (with the signatures that `reasoning_details` and
 * `thinking_blocks` carry through clients), content, refusal, sound, tool calls, and what
 * `provider_specific_fields.parts` brings back.
 */
export function decodeAssistant(turn: Cursor, index: number, calls: Map<string, string>): Part[] {
  const { json } = turn;
  const parts = decodeReasonings(json);
  noteReasonings(turn);
  const content = at(turn, "content");
  if (content !== undefined && content.json !== "") appendAll(parts, decodeContent(content));
  addCitations(parts, turn);
  const refusal = string(turn, "refusal") ?? "";
  if (refusal !== "")
    parts.push(
      partOf({ case: "refusal", value: { $typeName: "parlance.chat.v1.Refusal", text: refusal } }),
    );
  const audio = object(turn, "audio");
  if (audio !== undefined) parts.push(decodeAudio(audio));
  const images = at(turn, "images");
  if (images !== undefined) appendAll(parts, decodeContent(images));
  appendAll(parts, objects(list(turn, "tool_calls")).map(decodeCall));
  appendAll(parts, decodeFormerCall(turn, index, calls));
  appendAll(parts, decodeOthers(turn));
  return parts;
}

function noteReasonings(turn: Cursor): void {
  const { reasoning_details: details } = turn.json;
  const detailed = Array.isArray(details) && details.length > 0;
  const key = detailed ? "reasoning_details" : "thinking_blocks";
  if (!Array.isArray(turn.json[key])) return;
  for (const entry of list(turn, key)) {
    if (isAtObject(entry)) noteUnknown(entry, detailed ? detailMembers : blockMembers);
  }
}

function decodeReasonings(json: JsonObject): Part[] {
  const entries = readEntries(json);
  const plain = readPlainReasoning(json);
  if (entries.length === 0) return plain === "" ? [] : [reasoningPart({ text: plain })];
  const parts: Reasoning[] = [];
  const byIndex = new Map<number, Reasoning>();
  for (const entry of entries) {
    const open = entry.index === undefined ? undefined : byIndex.get(entry.index);
    const reasoning = open ?? createReasoning({});
    if (open === undefined) parts.push(reasoning);
    if (entry.index !== undefined) byIndex.set(entry.index, reasoning);
    addEntry(reasoning, entry);
  }
  const silent = parts.every(({ text, summaries }) => text === "" && summaries.length === 0);
  if (silent && plain !== "") addPlain(parts, plain, entries[0]?.wordless === true);
  return parts.map((value) => partOf({ case: "reasoning", value }));
}

/** Words without an entry are those of the first, unless it is the proof of something else. */
function addPlain(parts: Reasoning[], plain: string, wordless: boolean): void {
  const [first] = parts;
  if (first !== undefined && !wordless) first.text = plain;
  else parts.unshift(createReasoning({ text: plain }));
}

function addEntry(reasoning: Reasoning, entry: ReasoningEntry): void {
  reasoning.text += entry.text;
  reasoning.signature += entry.signature;
  reasoning.encrypted += entry.encrypted;
  if (entry.summary !== "") reasoning.summaries.push(entry.summary);
  if (entry.id !== "") reasoning.id = entry.id;
  if (entry.dialect !== "") reasoning.dialect = entry.dialect;
}

function createReasoning(members: Partial<Reasoning>): Reasoning {
  return {
    $typeName: "parlance.chat.v1.Reasoning",
    text: "",
    signature: "",
    encrypted: "",
    summaries: [],
    id: "",
    dialect: "",
    ...members,
  };
}

function reasoningPart(members: Partial<Reasoning>): Part {
  return partOf({ case: "reasoning", value: createReasoning(members) });
}

function addCitations(parts: readonly Part[], turn: Cursor): void {
  const text = parts.find((part) => part.content.case === "text")?.content;
  if (text?.case !== "text" || !Array.isArray(turn.json.annotations)) return;
  for (const annotation of list(turn, "annotations")) {
    const citation = decodeAnnotation(annotation.json);
    if (citation === undefined) continue;
    text.value.citations.push(citation);
    if (citation.source.case === "web" && isAtObject(annotation)) noteAnnotation(annotation);
  }
}

function noteAnnotation(annotation: Cursor): void {
  noteUnknown(annotation, annotationMembers);
  const page = object(annotation, "url_citation");
  if (page !== undefined) noteUnknown(page, pageMembers);
}

/** An earlier spoken answer is referred to by its id; its sound does not travel back. */
function decodeAudio(audio: Cursor): Part {
  const source = { case: "id", value: requiredName(audio, "id") } as const;
  const transcript = string(audio, "transcript") ?? "";
  noteUnknown(audio, audioMembers);
  return partOf({
    case: "audio",
    value: { $typeName: "parlance.chat.v1.Audio", source, format: "", transcript, answerId: "" },
  });
}

function decodeCall(call: Cursor): Part {
  const { json } = call;
  const mark = noteMark(call);
  const custom = json.type === "custom" || json.custom !== undefined;
  const body = requiredObject(call, custom ? "custom" : "function");
  const input = (body && string(body, custom ? "input" : "arguments")) ?? "";
  const signature = decodeSignature(call);
  if (body !== undefined) noteUnknown(body, custom ? inputMembers : calledMembers);
  noteUnknown(call, custom ? customCallMembers : callMembers);
  const extras = takeOpaque(call, NAME, mark);
  const value: ToolCall = {
    $typeName: "parlance.chat.v1.ToolCall",
    id: string(call, "id") ?? "",
    name: body === undefined ? "" : requiredName(body, "name"),
    input: custom ? { case: "text", value: input } : { case: "argumentsJson", value: input },
    signature,
  };
  const part = partOf({ case: "toolCall", value });
  return extras === undefined ? part : { ...part, extras };
}

/** The proof of a call as Google's OpenAI-compatible endpoint takes it back; "": none. */
function decodeSignature(call: Cursor): string {
  const extra = isObject(call.json.extra_content) ? object(call, "extra_content") : undefined;
  if (extra === undefined) return "";
  noteUnknown(extra, contentMembers);
  const google = isObject(extra.json.google) ? object(extra, "google") : undefined;
  if (google === undefined) return "";
  noteUnknown(google, googleMembers);
  return stringAt(google.json, "thought_signature") ?? "";
}

/**
 * OpenAI's former `function_call` has no id: it gets one that the `function` message after it finds
 * by name.
 */
function decodeFormerCall(turn: Cursor, index: number, calls: Map<string, string>): Part[] {
  const call = object(turn, "function_call");
  if (call === undefined) return [];
  noteUnknown(call, calledMembers);
  const id = `call_${index}`;
  const name = requiredName(call, "name");
  calls.set(name, id);
  const input = { case: "argumentsJson", value: string(call, "arguments") ?? "" } as const;
  return [
    partOf({
      case: "toolCall",
      value: { $typeName: "parlance.chat.v1.ToolCall", id, name, input, signature: "" },
    }),
  ];
}

function decodeOthers(turn: Cursor): Part[] {
  const { json, source } = turn;
  const specific = objectAt(json, "provider_specific_fields");
  if (specific === undefined) return [];
  const fields = object(turn, "provider_specific_fields");
  if (fields !== undefined) noteUnknown(fields, specificMembers);
  if (!Array.isArray(specific.parts)) return [];
  for (const item of fields === undefined ? [] : list(fields, "parts")) {
    if (isAtObject(item) && typeof item.json.dialect === "string" && item.json.part !== undefined)
      noteUnknown(item, otherMembers);
  }
  const sourceAt = elementSources(
    memberSource(memberSource(source, "provider_specific_fields"), "parts"),
  );
  return specific.parts.map((item: Json, at) => {
    const own =
      isObject(item) && typeof item.dialect === "string" && item.part !== undefined
        ? item
        : undefined;
    const value = {
      $typeName: "parlance.chat.v1.Opaque",
      dialect: own === undefined ? NAME : (stringAt(own, "dialect") ?? NAME),
      json:
        own === undefined
          ? sourceText(sourceAt(at), item)
          : sourceText(memberSource(sourceAt(at), "part"), own.part),
    } as const;
    return partOf({ case: "opaque", value });
  });
}
