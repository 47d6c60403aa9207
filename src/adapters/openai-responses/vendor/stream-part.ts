import type { Event } from "../../../../gen/parlance/chat/v1/event_pb.js";
import type { Fault } from "../../../core/faults/fault.ts";
import { LAST_SUMMARY } from "../../../events/answer-limits.ts";
import {
  citationAdd,
  partEnd,
  partWhole,
  textDelta,
  toolCallDelta,
} from "../../../events/make-events.ts";
import { arrayAt, isObject, type Json, type JsonObject, stringAt } from "../../../json/json.ts";
import {
  elementSources,
  memberSource,
  type Source,
  sourceText,
} from "../../../json/source-slice.ts";
import {
  argumentsOf,
  callId,
  decodeAnnotations,
  decodeItem,
  decodeTokens,
  namespaceOf,
  opaque,
  part,
} from "../content-part.ts";
import { decodeReasoning } from "../reasoning.ts";
import { logprobsDelta, reasoningDelta, refusalDelta, toolCallStart } from "./stream-events.ts";

/** What an item of the output is to us. */
export type ItemKind = "message" | "reasoning" | "tool" | "opaque";

/**
 * A content part of a message, or a summary or the words of a reasoning: the stream's own, changed
 * in place.
 */
export interface OpenContent {
  readonly kind: "text" | "refusal" | "summary" | "words" | "opaque";
  /** Our number of the part; of a reasoning, that of the item. */
  readonly part: number;
  /** Our number of a summary: those of an item count up, whatever numbers the vendor gives. */
  readonly summary: number;
  /** Whether some of it was emitted; what comes whole later is then known. */
  emitted: boolean;
  citations: number;
  tokens: boolean;
}

/** An item that was begun: the stream's own, changed in place. */
export interface OpenItem {
  readonly kind: ItemKind;
  /** Our number, but of a message, whose contents are parts of their own. */
  readonly part: number;
  /** In the order in which they began. */
  readonly contents: OpenContent[];
  /** By their kind and the vendor's number of them within the item. */
  readonly byIndex: Map<string, OpenContent>;
  /** How many summaries have begun. */
  summaries: number;
  /** Whether text of a reasoning was emitted. */
  worded: boolean;
  /** Whether input of a tool was emitted. */
  emitted: boolean;
}

/** Where parts stand: the next free number, and the events of this frame. Belongs to one frame. */
export interface Work {
  parts: number;
  readonly events: Event[];
  /** The answer has more of something than it may. */
  fault?: Fault | undefined;
}

/** An item begins. What it holds already is not emitted yet: its contents and its end repeat it. */
export function beginItem(work: Work, json: JsonObject): OpenItem {
  const kind = kindOf(json.type);
  const part = kind === "message" ? -1 : work.parts;
  if (kind !== "message") work.parts += 1;
  if (kind === "reasoning")
    work.events.push(reasoningDelta(part, { id: stringAt(json, "id") ?? "" }));
  const custom = json.type === "custom_tool_call";
  if (kind === "tool")
    work.events.push(
      toolCallStart(part, {
        id: callId(json),
        name: stringAt(json, "name") ?? "",
        custom,
        ...namespaceOf(json),
      }),
    );
  return {
    kind,
    part,
    contents: [],
    byIndex: new Map(),
    summaries: 0,
    worded: false,
    emitted: false,
  };
}

/** Input is added to a tool call. */
export function addInput(work: Work, item: OpenItem, input: string): void {
  if (input === "") return;
  work.events.push(toolCallDelta(item.part, input));
  item.emitted = true;
}

/** A content part, summary or words of an item; begun when it is not known yet. */
export function contentOf(
  work: Work,
  item: OpenItem,
  index: number,
  kind: OpenContent["kind"],
): OpenContent {
  const key = `${kind} ${index}`;
  const known = item.byIndex.get(key);
  if (known !== undefined) return known;
  const own = item.kind === "message";
  const part = own ? work.parts : item.part;
  const summary = Math.min(item.summaries, LAST_SUMMARY);
  const content: OpenContent = { kind, part, summary, emitted: false, citations: 0, tokens: false };
  if (own) work.parts += 1;
  if (kind === "summary") item.summaries += 1;
  if (kind === "text") work.events.push(textDelta(part, ""));
  if (kind === "refusal") work.events.push(refusalDelta(part, ""));
  if (kind === "summary") work.events.push(reasoningDelta(part, { summaryIndex: summary }));
  item.contents.push(content);
  item.byIndex.set(key, content);
  return content;
}

/** Words are added to a content part. */
export function addWords(work: Work, item: OpenItem, content: OpenContent, words: string): void {
  if (words === "") return;
  const { part, kind, summary } = content;
  if (kind === "text") work.events.push(textDelta(part, words));
  else if (kind === "refusal") work.events.push(refusalDelta(part, words));
  else if (kind === "words") work.events.push(reasoningDelta(part, { text: words }));
  else if (kind === "summary")
    work.events.push(reasoningDelta(part, { summary: words, summaryIndex: summary }));
  content.emitted = true;
  if (kind === "words") item.worded = true;
}

/** Likelihoods are added. */
export function addTokens(work: Work, content: OpenContent, json: JsonObject): void {
  const tokens = decodeTokens(json);
  if (tokens.length === 0) return;
  work.events.push(logprobsDelta(tokens));
  content.tokens = true;
}

/** An item is whole: emits what was not emitted yet, and ends its parts. */
export function endItem(work: Work, item: OpenItem, json: JsonObject, source: Source): void {
  switch (item.kind) {
    case "message":
      endMessage(work, item, json, source);
      return;
    case "reasoning":
      endReasoning(work, item, json);
      return;
    case "tool":
      if (!item.emitted) addInput(work, item, inputOf(json));
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

/** Emits an item that was never begun, whole. */
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
  const text = stringAt(json, "content");
  const contents = text === undefined ? arrayAt(json, "content") : [{ type: "output_text", text }];
  for (const [at, whole] of (contents ?? []).entries()) {
    if (!isObject(whole)) continue;
    const open = item.contents[at];
    if (open === undefined)
      wholeItem(work, { type: "message", content: [whole] }, wrapped(sourceAt(at)));
    else endContent(work, open, whole, sourceAt(at));
  }
  for (const content of item.contents) work.events.push(partEnd(content.part));
}

/** The source of a message that holds one content part. */
function wrapped(source: Source): Source {
  return () => {
    const bytes = source();
    return bytes === undefined
      ? undefined
      : Buffer.concat([Buffer.from('{"content":['), bytes, Buffer.from("]}")]);
  };
}

function endContent(work: Work, open: OpenContent, whole: JsonObject, source: Source): void {
  if (open.kind === "opaque") {
    work.events.push(
      partWhole(open.part, part({ case: "opaque", value: opaque(sourceText(source, whole)) })),
    );
    return;
  }
  const words = stringAt(whole, open.kind === "refusal" ? "refusal" : "text") ?? "";
  if (!open.emitted && words !== "") {
    work.events.push(
      open.kind === "refusal" ? refusalDelta(open.part, words) : textDelta(open.part, words),
    );
  }
  if (open.kind !== "text") return;
  const citations = decodeAnnotations(whole, source);
  for (const citation of citations.slice(open.citations))
    work.events.push(citationAdd(open.part, citation));
  const tokens = open.tokens ? [] : decodeTokens(whole);
  if (tokens.length > 0) work.events.push(logprobsDelta(tokens));
}

/** Encrypted reasoning is read only here: what an item begins with is not what it ends with. */
function endReasoning(work: Work, item: OpenItem, json: JsonObject): void {
  const whole = decodeReasoning(json);
  for (const [index, summary] of whole.summaries.entries()) {
    const open = item.byIndex.get(`summary ${index}`);
    if (open?.emitted === true) continue;
    const summaryIndex = Math.min(open?.summary ?? item.summaries, LAST_SUMMARY);
    if (open === undefined) item.summaries += 1;
    work.events.push(reasoningDelta(item.part, { summary, summaryIndex }));
  }
  const { encrypted, signature } = whole;
  const text = item.worded ? "" : whole.text;
  if (text !== "" || encrypted !== "" || signature !== "") {
    work.events.push(reasoningDelta(item.part, { text, encrypted, signature }));
  }
  work.events.push(partEnd(item.part));
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
