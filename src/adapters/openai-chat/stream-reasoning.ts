import type { JsonObject } from "../../core/json.ts";
import { type ReasoningEntry, readEntries, readPlainReasoning } from "./reasoning.ts";
import { changeChoice, choiceAt, emit, type FrameWork, newPart, solePart } from "./stream-state.ts";

/**
 * Reads the reasoning of a delta. Vendors that send structured entries repeat their words in a plain field: within a
 * frame the entries win. Entries whose words come alone after plain words repeat those, to bring their signature.
 */
export function decodeReasoning(work: FrameWork, index: number, delta: JsonObject): void {
  const plain = readPlainReasoning(delta);
  const entries = readEntries(delta);
  if (entries.length === 0) {
    if (plain !== "") addWords(work, index, plain);
    return;
  }
  const spoken = entries.some(hasWords);
  const repeats = spoken && plain === "" && choiceAt(work, index).reasoning >= 0;
  if (!spoken && plain !== "") addWords(work, index, plain);
  for (const entry of entries) addEntry(work, index, entry, repeats);
  if (repeats) changeChoice(work, index, { reasoning: -1 });
}

/** Adds words that name no part to the open one. */
export function addWords(work: FrameWork, index: number, text: string): void {
  const part = solePart(work, index, "reasoning");
  emit(work, { case: "reasoningDelta", value: { ...blank, choice: index, part, text } });
}

const blank = {
  $typeName: "parlance.chat.v1.ReasoningDelta",
  text: "",
  signature: "",
  encrypted: "",
  summary: "",
  id: "",
  dialect: "",
} as const;

function hasWords(entry: ReasoningEntry): boolean {
  return entry.text !== "" || entry.summary !== "";
}

function addEntry(work: FrameWork, index: number, entry: ReasoningEntry, repeats: boolean): void {
  const open = choiceAt(work, index).reasoning;
  const again = repeats && open >= 0 && hasWords(entry);
  const part = again ? open : partOf(work, index, entry);
  if (again && entry.index !== undefined) rememberPart(work, index, entry.index, part);
  const summary = again ? "" : entry.summary;
  emit(work, {
    case: "reasoningDelta",
    value: {
      ...blank,
      choice: index,
      part,
      text: again ? "" : entry.text,
      signature: entry.signature,
      encrypted: entry.encrypted,
      summary,
      ...(summary === "" ? undefined : { summaryIndex: summaryIndex(work, part) }),
      id: entry.id,
      dialect: entry.signature === "" && entry.encrypted === "" && entry.id === "" ? "" : entry.dialect,
    },
  });
  if (entry.index === undefined && (work.whole || entry.signature !== "" || entry.encrypted !== "")) {
    changeChoice(work, index, { reasoning: -1 });
  }
}

/** Entries with an index go by it; those without go on with the open part, but an encrypted one stands alone. */
function partOf(work: FrameWork, index: number, entry: ReasoningEntry): number {
  if (entry.index === undefined) {
    return entry.encrypted !== "" ? newPart(work, index) : solePart(work, index, "reasoning");
  }
  const choice = choiceAt(work, index);
  const known = choice.details.get(entry.index);
  if (known !== undefined) return known;
  const part = newPart(work, index);
  rememberPart(work, index, entry.index, part);
  return part;
}

function rememberPart(work: FrameWork, index: number, detail: number, part: number): void {
  changeChoice(work, index, { details: new Map([...choiceAt(work, index).details, [detail, part]]) });
}

/** In a whole answer every summary is one of its own; in a stream the pieces of one are added up. */
function summaryIndex(work: FrameWork, part: number): number {
  if (!work.whole) return 0;
  let summaries = 0;
  for (const { event } of work.events) {
    if (event.case === "reasoningDelta" && event.value.part === part && event.value.summary !== "") summaries += 1;
  }
  return Math.min(summaries, 999);
}
