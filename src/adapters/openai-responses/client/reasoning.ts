import type { ReasoningDelta } from "../../../../gen/parlance/chat/v1/event_pb.js";
import type { Reasoning } from "../../../../gen/parlance/chat/v1/part_pb.js";
import { LAST_SUMMARY } from "../../../events/answer-limits.ts";
import type { Writable } from "../../../json/write.ts";
import { seal } from "../../shared/sealed-reasoning.ts";
import { reasoningPart, summaryPart } from "../reasoning.ts";
import { DIALECT } from "../wire.ts";
import {
  addedItem,
  doneItem,
  emit,
  emitDelta,
  type FacadeState,
  nextItem,
  type ReasoningItem,
} from "./stream-state.ts";

/** Adds to the reasoning of a part, which begins with the first delta that tells something. */
export function addReasoning(
  state: FacadeState,
  delta: ReasoningDelta,
  beforeItem: (state: FacadeState) => void,
): void {
  const { current } = state;
  const known = current?.kind === "reasoning" && current.part === delta.part ? current : undefined;
  const tells = [delta.text, delta.signature, delta.encrypted, delta.summary, delta.id].some(
    (word) => word !== "",
  );
  if (known === undefined && !tells && delta.summaryIndex === undefined) return;
  const item = known ?? beginReasoning(state, delta, beforeItem);
  const { reasoning } = item;
  reasoning.signature += delta.signature;
  reasoning.encrypted += delta.encrypted;
  if (delta.id !== "") reasoning.id = delta.id;
  if (delta.dialect !== "") reasoning.dialect = delta.dialect;
  if (delta.text !== "") addWords(state, item, delta.text);
  if (delta.summary !== "" || delta.summaryIndex !== undefined) addSummary(state, item, delta);
}

/** Ends a reasoning: its words, its summaries and itself. */
export function endReasoning(state: FacadeState, item: ReasoningItem, status: string): void {
  const { index, id, reasoning } = item;
  const where = { item_id: id, output_index: index };
  if (showsWords(state, reasoning)) {
    emit(state, "response.reasoning_text.done", {
      ...where,
      content_index: 0,
      text: reasoning.text,
    });
    emit(state, "response.content_part.done", {
      ...where,
      content_index: 0,
      part: reasoningPart(reasoning.text),
    });
  }
  const last = item.summaries.length - 1;
  if (last >= 0) endSummary(state, item, last);
  doneItem(state, index, printReasoning(state, item, status));
}

/** Thinking of another vendor is shown as a summary where the client asked for one. */
function showsWords({ summarizes }: FacadeState, { text, dialect }: Reasoning): boolean {
  return text !== "" && !(summarizes && dialect !== DIALECT);
}

/** A reasoning item of the output. */
function printReasoning(
  state: FacadeState,
  { id, reasoning, summaries }: ReasoningItem,
  status: string,
): Writable {
  const sealed = sealReasoning(reasoning);
  return {
    id,
    type: "reasoning",
    summary: summaries.map(summaryPart),
    content: showsWords(state, reasoning) ? [reasoningPart(reasoning.text)] : undefined,
    encrypted_content: sealed === "" ? undefined : sealed,
    status,
  };
}

/** Only the vendor's own id says something to a client of the vendor. */
function beginReasoning(
  state: FacadeState,
  delta: ReasoningDelta,
  beforeItem: (state: FacadeState) => void,
): ReasoningItem {
  beforeItem(state);
  const { index, id: made } = nextItem(state, "rs");
  const own = delta.id !== "" && delta.dialect === DIALECT && !state.reasoningIds.has(delta.id);
  const id = own ? delta.id : made;
  if (own) state.reasoningIds.add(id);
  const reasoning: Reasoning = {
    $typeName: "parlance.chat.v1.Reasoning",
    text: "",
    signature: "",
    encrypted: "",
    summaries: [],
    id: "",
    dialect: "",
  };
  const { part } = delta;
  const item: ReasoningItem = { index, id, kind: "reasoning", part, reasoning, summaries: [] };
  state.current = item;
  addedItem(state, index, { id, type: "reasoning", summary: [], status: "in_progress" });
  return item;
}

function addWords(state: FacadeState, item: ReasoningItem, text: string): void {
  const { reasoning, id, index } = item;
  if (state.summarizes && reasoning.dialect !== DIALECT) {
    reasoning.text += text;
    showSummary(state, item, text);
    return;
  }
  const where = { item_id: id, output_index: index, content_index: 0 };
  if (reasoning.text === "")
    emit(state, "response.content_part.added", { ...where, part: reasoningPart("") });
  emitDelta(state, "response.reasoning_text.delta", { item, at: ["content_index", 0] }, text);
  reasoning.text += text;
}

/** Summaries come one after the other: what comes for an earlier one is added to the last. */
function addSummary(state: FacadeState, item: ReasoningItem, delta: ReasoningDelta): void {
  const { summaries } = item.reasoning;
  const wanted = Math.min(delta.summaryIndex ?? Math.max(0, summaries.length - 1), LAST_SUMMARY);
  while (summaries.length <= wanted) {
    summaries.push("");
    beginSummary(state, item);
  }
  summaries[summaries.length - 1] += delta.summary;
  showSummary(state, item, delta.summary);
}

/** Adds to the last summary that the client sees. */
function showSummary(state: FacadeState, item: ReasoningItem, text: string): void {
  const { summaries } = item;
  if (summaries.length === 0) beginSummary(state, item);
  if (text === "") return;
  const at = summaries.length - 1;
  summaries[at] += text;
  emitDelta(
    state,
    "response.reasoning_summary_text.delta",
    { item, at: ["summary_index", at] },
    text,
  );
}

function beginSummary(state: FacadeState, item: ReasoningItem): void {
  const { id, index, summaries } = item;
  const at = summaries.length;
  if (at > 0) endSummary(state, item, at - 1);
  summaries.push("");
  emit(state, "response.reasoning_summary_part.added", {
    item_id: id,
    output_index: index,
    summary_index: at,
    part: summaryPart(""),
  });
}

function endSummary(state: FacadeState, { id, index, summaries }: ReasoningItem, at: number): void {
  const text = summaries[at] ?? "";
  const where = { item_id: id, output_index: index, summary_index: at };
  emit(state, "response.reasoning_summary_text.done", { ...where, text });
  emit(state, "response.reasoning_summary_part.done", { ...where, part: summaryPart(text) });
}

/**
 * What a client gets as `encrypted_content`, which it sends back unread. The dialect's own goes as
 * it is; another dialect's signature or encrypted reasoning is sealed. "": there is nothing to
 * prove.
 */
export function sealReasoning(reasoning: Reasoning): string {
  const { dialect, encrypted, signature } = reasoning;
  if (encrypted === "" && signature === "") return "";
  if ((dialect === DIALECT || dialect === "") && signature === "") return encrypted;
  return seal(reasoning);
}
