import type { CorpusClass } from "./class.ts";
import { dataClasses } from "./data-classes.ts";
import { otherClasses } from "./other-classes.ts";
import { secretClass } from "./secret-class.ts";
import { wholeClasses } from "./whole-classes.ts";

/** All detectors that are measured. */
export const corpusClasses: readonly CorpusClass[] = [
  ...dataClasses,
  secretClass,
  ...otherClasses,
  ...wholeClasses,
];
