import type { TextSource } from "../../../src/core/guard/detector.ts";
import type { LocalCheck } from "../../../src/guards/detectors/create-detector.ts";
import type { DetectorHooks } from "../../../src/guards/detectors/whole/whole-detectors.ts";
import type { Draw } from "./draw.ts";

/** A text in which something is to be found. */
export interface Positive {
  readonly text: string;
  /** What is to be found in it; "": the text is to be found in some way. */
  readonly wanted: string;
}

/** What one detector, or one kind of it, is measured with. */
export interface CorpusClass {
  readonly name: string;
  readonly check: LocalCheck;
  /** What the detector needs of the rest of the gateway. Absent: nothing. */
  readonly hooks?: Partial<DetectorHooks>;
  /** What its texts are a part of. Absent: of nothing. */
  readonly source?: TextSource;
  readonly precision: number;
  readonly recall: number;
  readonly positives: (draw: Draw, count: number) => readonly Positive[];
  readonly negatives: (draw: Draw, count: number) => readonly string[];
}

/** A text with what is to be found in place of `{}`. */
export function within(sentence: string, wanted: string): Positive {
  return { text: sentence.replace("{}", () => wanted), wanted };
}
