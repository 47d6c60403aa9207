import type { Finding } from "../../../src/core/guard/detector.ts";
import { createDetector } from "../../../src/guards/detectors/create-detector.ts";
import type { CorpusClass, Positive } from "./class.ts";
import { drawBy } from "./draw.ts";

/** What a detector made of its corpus. */
export interface Score {
  readonly name: string;
  readonly positives: number;
  readonly negatives: number;
  readonly precision: number;
  readonly recall: number;
  /** Texts in which something was missed, and what was found wrongly. */
  readonly missed: readonly string[];
  readonly wrong: readonly string[];
}

/** How many texts of each sort a class is measured with. */
export const size = 330;

/** Measures one class with texts that the seed makes, the same each time. */
export function scoreOf(one: CorpusClass, seed = 7): Score {
  const draw = drawBy(seed);
  const detector = createDetector(one.check, one.hooks);
  const find = (text: string) => detector.find(text, 0, one.source);
  const positives = one.positives(draw, size);
  const negatives = one.negatives(draw, size);
  const missed: string[] = [];
  const wrong: string[] = [];
  for (const positive of positives) {
    const found = find(positive.text);
    if (!isFound(positive, found)) missed.push(positive.text);
    for (const finding of found)
      if (!touches(positive, finding)) wrong.push(positive.text.slice(finding.start, finding.end));
  }
  for (const text of negatives)
    for (const { start, end } of find(text)) wrong.push(text.slice(start, end));
  const right = positives.length - missed.length;
  return {
    name: one.name,
    positives: positives.length,
    negatives: negatives.length,
    precision: right / (right + wrong.length),
    recall: right / positives.length,
    missed,
    wrong,
  };
}

/** All of what is wanted is in what was found. */
function isFound({ text, wanted }: Positive, found: readonly Finding[]): boolean {
  if (wanted === "") return found.length > 0;
  const start = text.indexOf(wanted);
  const end = start + wanted.length;
  return found.some((finding) => finding.start <= start && finding.end >= end);
}

function touches({ text, wanted }: Positive, { start, end }: Finding): boolean {
  if (wanted === "") return true;
  const from = text.indexOf(wanted);
  return start < from + wanted.length && end > from;
}
