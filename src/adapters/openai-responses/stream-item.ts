import type { Event } from "../../../gen/parlance/chat/v1/event_pb.js";
import { arrayAt, isObject, type Json, type JsonObject, stringAt } from "../../core/json.ts";
import { citationAdd, partEnd, partWhole, textDelta, toolCallDelta } from "../../core/make-events.ts";
import { elementSources, memberSource, type Source, sourceText } from "../../core/source-slice.ts";
import { argumentsOf, callId, decodeAnnotations, decodeItem, decodeTokens, opaque, part } from "./output-item.ts";
import { decodeReasoning } from "./reasoning-item.ts";
import { logprobsDelta, reasoningDelta, refusalDelta, toolCallStart } from "./stream-events.ts";

/** What an item of the output is to us. */
export type ItemKind = "message" | "reasoning" | "tool" | "opaque";

/** A content part of a message, or a summary or the words of a reasoning. Never changed in place. */
export interface OpenContent {
  /** The vendor's number of it within its item. */
  readonly index: number;
  readonly kind: "text" | "refusal" | "summary" | "words" | "opaque";
  /** Our number of the part; of a reasoning, that of the item. */
  readonly part: number;
  /** Whether some of it was told; what comes whole later is then known. */
  readonly told: boolean;
  readonly citations: number;
  readonly tokens: boolean;
}

/** An item that was begun. Never changed in place. */
export interface OpenItem {
  /** The vendor's number of it. */
  readonly index: number;
  readonly kind: ItemKind;
  /** Our number, but of a message, whose contents are parts of their own. */
  readonly part: number;
  readonly contents: readonly OpenContent[];
  /** Whether input of a tool was told. */
  readonly told: boolean;
}

/** Where parts stand: the next free number, and the events of this frame. Belongs to one frame. */
export interface Work {
  parts: number;
  readonly events: Event[];
}

/** An item begins. What it holds already is not told yet: its contents and its end tell it again. */
export function beginItem(work: Work, index: number, json: JsonObject): OpenItem {
  const kind = kindOf(json.type);
  if (kind === "message") return { index, kind, part: -1, contents: [], told: false };
  const number = work.parts;
  work.parts += 1;
  const item: OpenItem = { index, kind, part: number, contents: [], told: false };
  if (kind === "reasoning") work.events.push(reasoningDelta(number, { id: stringAt(json, "id") ?? "" }));
  const custom = json.type === "custom_tool_call";
  if (kind === "tool") work.events.push(toolCallStart(number, callId(json), stringAt(json, "name") ?? "", custom));
  return item;
}

/** Input is added to a tool call. */
export function addInput(work: Work, item: OpenItem, input: string): OpenItem {
  if (input === "") return item;
  work.events.push(toolCallDelta(item.part, input));
  return item.told ? item : { ...item, told: true };
}

/** A content part, summary or words of an item; begun when it is not known yet. */
export function contentOf(
  work: Work,
  item: OpenItem,
  index: number,
  kind: OpenContent["kind"],
): readonly [item: OpenItem, content: OpenContent] {
  const known = item.contents.find((content) => content.index === index && content.kind === kind);
  if (known !== undefined) return [item, known];
  const own = item.kind === "message";
  const content: OpenContent = {
    index,
    kind,
    part: own ? work.parts : item.part,
    told: false,
    citations: 0,
    tokens: false,
  };
  if (own) work.parts += 1;
  if (kind === "text") work.events.push(textDelta(content.part, ""));
  if (kind === "refusal") work.events.push(refusalDelta(content.part, ""));
  if (kind === "summary") work.events.push(reasoningDelta(content.part, { summaryIndex: index }));
  return [{ ...item, contents: [...item.contents, content] }, content];
}

/** Words are added to a content part. */
export function addWords(work: Work, item: OpenItem, content: OpenContent, words: string): OpenItem {
  if (words === "") return item;
  const number = content.part;
  if (content.kind === "text") work.events.push(textDelta(number, words));
  else if (content.kind === "refusal") work.events.push(refusalDelta(number, words));
  else if (content.kind === "words") work.events.push(reasoningDelta(number, { text: words }));
  else if (content.kind === "summary")
    work.events.push(reasoningDelta(number, { summary: words, summaryIndex: content.index }));
  return content.told ? item : replace(item, content, { ...content, told: true });
}

/** Likelihoods are added. */
export function addTokens(work: Work, item: OpenItem, content: OpenContent, json: JsonObject): OpenItem {
  const tokens = decodeTokens(json);
  if (tokens.length === 0) return item;
  work.events.push(logprobsDelta(tokens));
  return content.tokens ? item : replace(item, content, { ...content, tokens: true });
}

/** An item is whole: what of it was not told yet is told now, and its parts end. */
export function endItem(work: Work, item: OpenItem, json: JsonObject, source: Source): void {
  switch (item.kind) {
    case "message":
      endMessage(work, item, json, source);
      return;
    case "reasoning":
      endReasoning(work, item, json);
      return;
    case "tool":
      if (!item.told) addInput(work, item, inputOf(json));
      work.events.push(partEnd(item.part));
      return;
    case "opaque":
      work.events.push(
        partWhole(item.part, part({ case: "opaque", value: opaque(sourceText(source, json)) })),
        partEnd(item.part),
      );
      return;
  }
}

/** An item that was never begun is told whole. */
export function wholeItem(work: Work, json: Json, source: Source): void {
  for (const content of decodeItem(json, source)) {
    work.events.push(partWhole(work.parts, content), partEnd(work.parts));
    work.parts += 1;
  }
  if (!isObject(json) || json.type !== "message") return;
  for (const content of arrayAt(json, "content") ?? []) {
    const tokens = isObject(content) ? decodeTokens(content) : [];
    if (tokens.length > 0) work.events.push(logprobsDelta(tokens));
  }
}

/** Contents are known by their order: some vendors number them anew. */
function endMessage(work: Work, item: OpenItem, json: JsonObject, source: Source): void {
  const sourceAt = elementSources(memberSource(source, "content"));
  for (const [at, whole] of (arrayAt(json, "content") ?? []).entries()) {
    if (!isObject(whole)) continue;
    const open = item.contents[at];
    if (open === undefined) wholeItem(work, { type: "message", content: [whole] }, wrapped(sourceAt(at)));
    else endContent(work, open, whole, sourceAt(at));
  }
  for (const content of item.contents) work.events.push(partEnd(content.part));
}

/** The source of a message that holds one content part. */
function wrapped(source: Source): Source {
  return () => {
    const bytes = source();
    return bytes === undefined ? undefined : Buffer.concat([Buffer.from('{"content":['), bytes, Buffer.from("]}")]);
  };
}

function endContent(work: Work, open: OpenContent, whole: JsonObject, source: Source): void {
  if (open.kind === "opaque") {
    work.events.push(partWhole(open.part, part({ case: "opaque", value: opaque(sourceText(source, whole)) })));
    return;
  }
  const words = stringAt(whole, open.kind === "refusal" ? "refusal" : "text") ?? "";
  if (!open.told && words !== "") {
    work.events.push(open.kind === "refusal" ? refusalDelta(open.part, words) : textDelta(open.part, words));
  }
  if (open.kind !== "text") return;
  const citations = decodeAnnotations(whole, source);
  for (const citation of citations.slice(open.citations)) work.events.push(citationAdd(open.part, citation));
  const tokens = open.tokens ? [] : decodeTokens(whole);
  if (tokens.length > 0) work.events.push(logprobsDelta(tokens));
}

/** Encrypted reasoning is read only here: what an item begins with is not what it ends with. */
function endReasoning(work: Work, item: OpenItem, json: JsonObject): void {
  const whole = decodeReasoning(json);
  const told = item.contents.some((content) => content.kind === "words" && content.told);
  for (const [summaryIndex, summary] of whole.summaries.entries()) {
    const open = item.contents.find((content) => content.kind === "summary" && content.index === summaryIndex);
    if (open?.told !== true) work.events.push(reasoningDelta(item.part, { summary, summaryIndex }));
  }
  const { encrypted, signature } = whole;
  const text = told ? "" : whole.text;
  if (text !== "" || encrypted !== "" || signature !== "") {
    work.events.push(reasoningDelta(item.part, { text, encrypted, signature }));
  }
  work.events.push(partEnd(item.part));
}

function replace(item: OpenItem, content: OpenContent, by: OpenContent): OpenItem {
  return { ...item, contents: item.contents.map((other) => (other === content ? by : other)) };
}

/** A citation was told for a content part. */
export function addCitation(item: OpenItem, content: OpenContent): OpenItem {
  return replace(item, content, { ...content, citations: content.citations + 1 });
}

/** What an item's type makes it. */
export function kindOf(type: Json | undefined): ItemKind {
  switch (type) {
    case "message":
      return "message";
    case "reasoning":
      return "reasoning";
    case "function_call":
    case "custom_tool_call":
      return "tool";
    default:
      return "opaque";
  }
}

function inputOf(json: JsonObject): string {
  return json.type === "custom_tool_call" ? (stringAt(json, "input") ?? "") : argumentsOf(json);
}
