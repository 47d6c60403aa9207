import type { Part, Reasoning, ToolCall } from "../../../../gen/parlance/chat/v1/part_pb.js";
import { appendAll } from "../../../core/append-all.ts";
import { isObject, type Json, type JsonObject, objectAt, stringAt } from "../../../json/json.ts";
import {
  elementSources,
  memberSource,
  noSource,
  type Source,
  sourceText,
} from "../../../json/source-slice.ts";
import {
  array,
  blame,
  object,
  present,
  type Reader,
  requiredName,
  string,
  under,
} from "../../shared/request-reader.ts";
import { decodeAnnotation } from "../citation.ts";
import { type ReasoningEntry, readEntries, readPlainReasoning } from "../reasoning.ts";
import { NAME } from "../wire.ts";
import { decodeContent, partOf } from "./content.ts";

/**
 * Reads an earlier answer: reasoning (with the signatures that `reasoning_details` and
 * `thinking_blocks` carry through clients), content, refusal, sound, tool calls, and what
 * `provider_specific_fields.parts` brings back.
 */
export function decodeAssistant(
  reader: Reader,
  json: JsonObject,
  at: number,
  source: Source,
  calls: Map<string, string>,
): Part[] {
  const path = `messages[${at}]`;
  const parts = decodeReasonings(json);
  const content = present(json, "content");
  if (content !== undefined && content !== "") {
    appendAll(
      parts,
      decodeContent(reader, content, under(path, "content"), memberSource(source, "content")),
    );
  }
  addCitations(parts, json);
  const refusal = string(reader, json, "refusal", path) ?? "";
  if (refusal !== "")
    parts.push(
      partOf({ case: "refusal", value: { $typeName: "parlance.chat.v1.Refusal", text: refusal } }),
    );
  const audio = object(reader, json, "audio", path);
  if (audio !== undefined) parts.push(decodeAudio(reader, audio, under(path, "audio")));
  const images = array(reader, json, "images", path);
  if (images !== undefined)
    appendAll(parts, decodeContent(reader, images, under(path, "images"), noSource));
  appendAll(parts, decodeCalls(reader, json, path));
  appendAll(parts, decodeLegacyCall(reader, json, at, calls));
  appendAll(parts, decodeOthers(json, source));
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
function decodeAudio(reader: Reader, json: JsonObject, path: string): Part {
  const id = string(reader, json, "id", path);
  if (id === undefined || id === "") blame(reader, under(path, "id"), "is required");
  const source = { case: "id", value: id ?? "" } as const;
  const transcript = string(reader, json, "transcript", path) ?? "";
  return partOf({
    case: "audio",
    value: { $typeName: "parlance.chat.v1.Audio", source, format: "", transcript, answerId: "" },
  });
}

function decodeCalls(reader: Reader, json: JsonObject, path: string): Part[] {
  const calls = array(reader, json, "tool_calls", path) ?? [];
  return calls.map((call: Json, at) => {
    const place = `${path}.tool_calls[${at}]`;
    if (!isObject(call)) blame(reader, place, "must be an object");
    return decodeCall(reader, isObject(call) ? call : {}, place);
  });
}

function decodeCall(reader: Reader, json: JsonObject, path: string): Part {
  const custom = json.type === "custom" || json.custom !== undefined;
  const key = custom ? "custom" : "function";
  const body = object(reader, json, key, path);
  if (body === undefined) blame(reader, under(path, key), "is required");
  const input = string(reader, body ?? {}, custom ? "input" : "arguments", under(path, key)) ?? "";
  const google = objectAt(objectAt(json, "extra_content") ?? {}, "google") ?? {};
  const value: ToolCall = {
    $typeName: "parlance.chat.v1.ToolCall",
    id: string(reader, json, "id", path) ?? "",
    name: body === undefined ? "" : requiredName(reader, body, under(path, key)),
    input: custom ? { case: "text", value: input } : { case: "argumentsJson", value: input },
    signature: stringAt(google, "thought_signature") ?? "",
  };
  return partOf({ case: "toolCall", value });
}

/**
 * OpenAI's former `function_call` has no id: it gets one that the `function` message after it finds
 * by name.
 */
function decodeLegacyCall(
  reader: Reader,
  json: JsonObject,
  at: number,
  calls: Map<string, string>,
): Part[] {
  const call = object(reader, json, "function_call", `messages[${at}]`);
  if (call === undefined) return [];
  const part = decodeCall(reader, { id: `call_${at}`, function: call }, `messages[${at}]`);
  if (part.content.case === "toolCall") calls.set(part.content.value.name, part.content.value.id);
  return [part];
}

function decodeOthers(json: JsonObject, source: Source): Part[] {
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
