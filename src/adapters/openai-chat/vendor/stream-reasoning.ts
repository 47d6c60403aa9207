import { LAST_SUMMARY, MAX_PARTS } from "../../../events/answer-limits.ts";
import type { JsonObject } from "../../../json/json.ts";
import { type ReasoningEntry, readEntries, readPlainReasoning } from "../reasoning.ts";
import { choiceAt, emit, type FrameWork, isTooLong, newPart, solePart } from "./stream-state.ts";

/**
 * Reads the reasoning of a delta. Vendors that send structured entries repeat their words in a
 * plain field: within a frame the entries win. Entries whose words come alone after plain words
 * repeat those, to bring their signature.
 */
export function decodeReasoning(work: FrameWork, index: number, delta: JsonObject): void {
  const plain = readPlainReasoning(delta);
  const entries = readEntries(delta, MAX_PARTS);
  if (isTooLong(work, entries, MAX_PARTS, "pieces of reasoning")) return;
  if (entries.length === 0) {
    if (plain !== "") addWords(work, index, plain);
    return;
  }
  const spoken = entries.some(hasWords);
  const repeats = spoken && plain === "" && choiceAt(work, index).reasoning >= 0;
  if (!spoken && plain !== "") addWords(work, index, plain);
  for (const entry of entries) addEntry(work, index, entry, repeats);
  if (repeats) choiceAt(work, index).reasoning = -1;
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
  if (again && entry.index !== undefined) choiceAt(work, index).details.set(entry.index, part);
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
      ...(summary === "" ? undefined : { summaryIndex: summaryIndex(work, index, part) }),
      id: entry.id,
      dialect:
        entry.signature === "" && entry.encrypted === "" && entry.id === "" ? "" : entry.dialect,
    },
  });
  if (
    entry.index === undefined &&
    (work.whole || entry.signature !== "" || entry.encrypted !== "")
  ) {
    choiceAt(work, index).reasoning = -1;
  }
}

/**
 * Entries with an index go by it; those without go on with the open part, but an encrypted one
 * stands alone.
 */
function partOf(work: FrameWork, index: number, entry: ReasoningEntry): number {
  if (entry.index === undefined) {
    return entry.encrypted !== "" ? newPart(work, index) : solePart(work, index, "reasoning");
  }
  const choice = choiceAt(work, index);
  const known = choice.details.get(entry.index);
  if (known !== undefined) return known;
  const part = newPart(work, index);
  choice.details.set(entry.index, part);
  return part;
}

/**
 * In a whole answer every summary is one of its own; in a stream the pieces of one are added up.
 */
function summaryIndex(work: FrameWork, index: number, part: number): number {
  if (!work.whole) return 0;
  const { summaries } = choiceAt(work, index);
  const count = summaries.get(part) ?? 0;
  summaries.set(part, count + 1);
  return Math.min(count, LAST_SUMMARY);
}
