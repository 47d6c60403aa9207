import { isObject, type Json, type JsonObject, objectAt, stringAt } from "../../../json/json.ts";
import { elementSources, type Source, sourceText } from "../../../json/source-slice.ts";
import { decodeCitation, isOfText } from "../citation.ts";
import { NAME, TOOL_PLAN } from "../wire.ts";
import { inputOf } from "./deviation.ts";
import {
  addPart,
  emit,
  type FrameWork,
  findPart,
  type KnownPart,
  lastPart,
} from "./stream-state.ts";

/**
 * Content begins, or more of it comes. What it is, its `type` says, else the member that it has.
 */
export function decodeContent(work: FrameWork, index: number, content: JsonObject): void {
  const thinking = stringAt(content, "thinking");
  const text = stringAt(content, "text") ?? "";
  const known = findPart(work, index, "text", "thinking");
  const empty = text === "" && (thinking ?? "") === "";
  if (empty && (known !== undefined || content.type === undefined)) return;
  const kind =
    known?.kind ?? (content.type === "thinking" || thinking !== undefined ? "thinking" : "text");
  const { part } = known ?? addPart(work, kind, index);
  if (kind === "thinking") addThought(work, part, thinking ?? "", "");
  else
    emit(work, {
      case: "textDelta",
      value: { $typeName: "parlance.chat.v1.TextDelta", choice: 0, part, text },
    });
}

/** Text without an index, as v1 has it: there is one text. */
export function decodeText(work: FrameWork, text: string): void {
  if (text !== "") decodeContent(work, 0, { text });
}

/** More of what the model says about the tools that it is about to call. */
export function decodePlan(work: FrameWork, text: string): void {
  if (text === "") return;
  const known = lastPart(work, "plan");
  addThought(
    work,
    (known ?? addPart(work, "plan", 0)).part,
    text,
    known === undefined ? TOOL_PLAN : "",
  );
}

/** A tool call begins. Arguments are a JSON text, of v1 an object whose text is `input`. */
export function beginCall(work: FrameWork, index: number, call: JsonObject, input?: string): void {
  const body = objectAt(call, "function") ?? call;
  const known = addPart(work, "call", index);
  const value = {
    $typeName: "parlance.chat.v1.ToolCallStart",
    choice: 0,
    part: known.part,
    id: stringAt(call, "id") ?? "",
    name: stringAt(body, "name") ?? "",
    custom: false,
    signature: "",
  } as const;
  emit(work, { case: "toolCallStart", value });
  addInput(work, known, input ?? inputOf(body));
}

/** More of a call's arguments. */
export function addToCall(work: FrameWork, index: number, call: JsonObject): void {
  const known = findPart(work, index, "call") ?? lastPart(work, "call");
  if (known === undefined) beginCall(work, index, call);
  else addInput(work, known, inputOf(objectAt(call, "function") ?? call));
}

/** A call ends: without arguments it has none, which is an empty object. */
export function endCall(work: FrameWork, known: KnownPart | undefined): void {
  if (known !== undefined && work.state.unfed.has(known)) addInput(work, known, "{}");
}

/** All calls end. */
export function endCalls(work: FrameWork): void {
  for (const known of [...work.state.unfed]) endCall(work, known);
}

/** The citations of a list, whose bytes `source` gives. */
export function decodeCitations(work: FrameWork, citations: readonly Json[], source: Source): void {
  const sourceAt = elementSources(source);
  for (const [at, citation] of citations.entries()) {
    if (isObject(citation)) decodeCitationAt(work, citation, sourceText(sourceAt(at), citation));
  }
}

/**
 * A citation, on the text that it names or else the last. Those of thoughts and plans are kept
 * aside.
 */
export function decodeCitationAt(work: FrameWork, citation: JsonObject, json: string): void {
  if (!isOfText(citation)) {
    work.state.asides.push(json);
    return;
  }
  const index = citation.content_index;
  const named = typeof index === "number" ? findPart(work, index, "text") : undefined;
  const { part } =
    named ?? lastPart(work, "text") ?? addPart(work, "text", typeof index === "number" ? index : 0);
  const value = {
    $typeName: "parlance.chat.v1.CitationAdd",
    choice: 0,
    part,
    citation: decodeCitation(citation, json),
  } as const;
  emit(work, { case: "citationAdd", value });
}

function addInput(work: FrameWork, known: KnownPart, input: string): void {
  if (input === "") return;
  work.state.unfed.delete(known);
  const value = {
    $typeName: "parlance.chat.v1.ToolCallDelta",
    choice: 0,
    part: known.part,
    input,
    signature: "",
  } as const;
  emit(work, { case: "toolCallDelta", value });
}

function addThought(work: FrameWork, part: number, text: string, id: string): void {
  const value = {
    $typeName: "parlance.chat.v1.ReasoningDelta",
    choice: 0,
    part,
    text,
    signature: "",
    encrypted: "",
    summary: "",
    id,
    dialect: id === "" ? "" : NAME,
  } as const;
  emit(work, { case: "reasoningDelta", value });
}
