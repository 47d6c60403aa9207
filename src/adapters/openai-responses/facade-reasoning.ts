import type { ReasoningDelta } from "../../../gen/parlance/chat/v1/event_pb.js";
import type { Reasoning } from "../../../gen/parlance/chat/v1/part_pb.js";
import type { Writable } from "../../core/json-write.ts";
import {
  addedItem,
  type Draft,
  doneItem,
  emit,
  emitDelta,
  nextItem,
  type ReplyItem,
  replaceItem,
} from "./facade-draft.ts";
import { reasoningPart, summaryPart } from "./reasoning-item.ts";
import { sealReasoning } from "./seal-reasoning.ts";
import { DIALECT } from "./wire.ts";

type ReasoningItem = Extract<ReplyItem, { kind: "reasoning" }>;

/** The highest index of a summary in the contract. */
const LAST_SUMMARY = 999;

/** Adds to the reasoning of a part, which begins with the first delta that tells something. */
export function addReasoning(draft: Draft, delta: ReasoningDelta, beforeItem: (draft: Draft) => void): void {
  const known = draft.open.find((item) => item.kind === "reasoning" && item.part === delta.part);
  const tells = delta.text + delta.signature + delta.encrypted + delta.summary + delta.id !== "";
  if (known === undefined && !tells && delta.summaryIndex === undefined) return;
  const item = known?.kind === "reasoning" ? known : beginReasoning(draft, delta, beforeItem);
  const { reasoning } = item;
  const told: ReasoningItem = {
    ...item,
    reasoning: {
      ...reasoning,
      signature: reasoning.signature + delta.signature,
      encrypted: reasoning.encrypted + delta.encrypted,
      id: delta.id || reasoning.id,
      dialect: delta.dialect || reasoning.dialect,
    },
  };
  const worded = delta.text === "" ? told : addWords(draft, told, delta.text);
  const summed = delta.summary === "" && delta.summaryIndex === undefined ? worded : addSummary(draft, worded, delta);
  replaceItem(draft, summed);
}

/** Ends a reasoning: its words, its summaries and itself. */
export function endReasoning(draft: Draft, item: ReasoningItem, status: string): void {
  const { index, id, reasoning } = item;
  const where = { item_id: id, output_index: index };
  if (reasoning.text !== "") {
    emit(draft, "response.reasoning_text.done", { ...where, content_index: 0, text: reasoning.text });
    emit(draft, "response.content_part.done", { ...where, content_index: 0, part: reasoningPart(reasoning.text) });
  }
  const last = reasoning.summaries.length - 1;
  if (last >= 0) endSummary(draft, item, last);
  doneItem(draft, index, printReasoning(id, reasoning, status));
}

/** A reasoning item of the output. */
function printReasoning(id: string, reasoning: Reasoning, status: string): Writable {
  const sealed = sealReasoning(reasoning);
  return {
    id,
    type: "reasoning",
    summary: reasoning.summaries.map(summaryPart),
    content: reasoning.text === "" ? undefined : [reasoningPart(reasoning.text)],
    encrypted_content: sealed === "" ? undefined : sealed,
    status,
  };
}

/** Only the vendor's own id says something to a client of the vendor. */
function beginReasoning(draft: Draft, delta: ReasoningDelta, beforeItem: (draft: Draft) => void): ReasoningItem {
  beforeItem(draft);
  const { index, id: made } = nextItem(draft, "rs");
  const own = delta.id !== "" && delta.dialect === DIALECT && !draft.reasoningIds.includes(delta.id);
  const id = own ? delta.id : made;
  if (own) draft.reasoningIds = [...draft.reasoningIds, id];
  const reasoning: Reasoning = {
    $typeName: "parlance.chat.v1.Reasoning",
    text: "",
    signature: "",
    encrypted: "",
    summaries: [],
    id: "",
    dialect: "",
  };
  const item: ReasoningItem = { index, id, kind: "reasoning", part: delta.part, reasoning };
  draft.open = [...draft.open, item];
  addedItem(draft, index, { id, type: "reasoning", summary: [], status: "in_progress" });
  return item;
}

function addWords(draft: Draft, item: ReasoningItem, text: string): ReasoningItem {
  const { reasoning, id, index } = item;
  const where = { item_id: id, output_index: index, content_index: 0 };
  if (reasoning.text === "") emit(draft, "response.content_part.added", { ...where, part: reasoningPart("") });
  emitDelta(draft, "response.reasoning_text.delta", { item, at: ["content_index", 0] }, text);
  return { ...item, reasoning: { ...reasoning, text: reasoning.text + text } };
}

/** Summaries come one after the other: what comes for an earlier one is told of the last. */
function addSummary(draft: Draft, item: ReasoningItem, delta: ReasoningDelta): ReasoningItem {
  const { reasoning, id, index } = item;
  const summaries = [...reasoning.summaries];
  const wanted = Math.min(delta.summaryIndex ?? Math.max(0, summaries.length - 1), LAST_SUMMARY);
  while (summaries.length <= wanted) {
    const at = summaries.length;
    if (at > 0) endSummary(draft, { ...item, reasoning: { ...reasoning, summaries } }, at - 1);
    summaries.push("");
    emit(draft, "response.reasoning_summary_part.added", {
      item_id: id,
      output_index: index,
      summary_index: at,
      part: summaryPart(""),
    });
  }
  const at = summaries.length - 1;
  if (delta.summary !== "") {
    summaries[at] += delta.summary;
    emitDelta(draft, "response.reasoning_summary_text.delta", { item, at: ["summary_index", at] }, delta.summary);
  }
  return { ...item, reasoning: { ...reasoning, summaries } };
}

function endSummary(draft: Draft, { id, index, reasoning }: ReasoningItem, at: number): void {
  const text = reasoning.summaries[at] ?? "";
  const where = { item_id: id, output_index: index, summary_index: at };
  emit(draft, "response.reasoning_summary_text.done", { ...where, text });
  emit(draft, "response.reasoning_summary_part.done", { ...where, part: summaryPart(text) });
}
