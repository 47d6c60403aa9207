import type { Part, Reasoning, ToolCall } from "../../../../gen/parlance/chat/v1/part_pb.js";
import { appendAll } from "../../../core/append-all.ts";
import { isObject, type Json, type JsonObject, objectAt, stringAt } from "../../../json/json.ts";
import { elementSources, memberSource, sourceText } from "../../../json/source-slice.ts";
import {
  at,
  type Cursor,
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

/**
 * Reads an earlier answer: reasoning (with the signatures that `reasoning_details` and
 * `thinking_blocks` carry through clients), content, refusal, sound, tool calls, and what
 * `provider_specific_fields.parts` brings back.
 */
export function decodeAssistant(turn: Cursor, index: number, calls: Map<string, string>): Part[] {
  const { json } = turn;
  const parts = decodeReasonings(json);
  const content = at(turn, "content");
  if (content !== undefined && content.json !== "") appendAll(parts, decodeContent(content));
  addCitations(parts, json);
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

function addCitations(parts: readonly Part[], json: JsonObject): void {
  const text = parts.find((part) => part.content.case === "text")?.content;
  if (text?.case !== "text" || !Array.isArray(json.annotations)) return;
  for (const annotation of json.annotations) {
    const citation = decodeAnnotation(annotation);
    if (citation !== undefined) text.value.citations.push(citation);
  }
}

/** An earlier spoken answer is referred to by its id; its sound does not travel back. */
function decodeAudio(audio: Cursor): Part {
  const source = { case: "id", value: requiredName(audio, "id") } as const;
  const transcript = string(audio, "transcript") ?? "";
  return partOf({
    case: "audio",
    value: { $typeName: "parlance.chat.v1.Audio", source, format: "", transcript, answerId: "" },
  });
}

function decodeCall(call: Cursor): Part {
  const { json } = call;
  const custom = json.type === "custom" || json.custom !== undefined;
  const body = requiredObject(call, custom ? "custom" : "function");
  const input = (body && string(body, custom ? "input" : "arguments")) ?? "";
  const google = objectAt(objectAt(json, "extra_content") ?? {}, "google") ?? {};
  const value: ToolCall = {
    $typeName: "parlance.chat.v1.ToolCall",
    id: string(call, "id") ?? "",
    name: body === undefined ? "" : requiredName(body, "name"),
    input: custom ? { case: "text", value: input } : { case: "argumentsJson", value: input },
    signature: stringAt(google, "thought_signature") ?? "",
  };
  return partOf({ case: "toolCall", value });
}

/**
 * OpenAI's former `function_call` has no id: it gets one that the `function` message after it finds
 * by name.
 */
function decodeFormerCall(turn: Cursor, index: number, calls: Map<string, string>): Part[] {
  const call = object(turn, "function_call");
  if (call === undefined) return [];
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

function decodeOthers({ json, source }: Cursor): Part[] {
  const specific = objectAt(json, "provider_specific_fields");
  if (specific === undefined || !Array.isArray(specific.parts)) return [];
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
