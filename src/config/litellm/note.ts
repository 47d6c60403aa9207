import type { Place } from "./tree/tree.ts";

/**
 * What became of a key: `honoured`, `not_needed`, or `none`, which has no counterpart; `changed`:
 * it is honoured, and not quite as LiteLLM does; `unknown`: LiteLLM is not known to have it;
 * `wrong`: it cannot be read, and the file cannot be used.
 */
export type NoteKind = "honoured" | "not_needed" | "none" | "changed" | "unknown" | "wrong";

/** What became of a key of a LiteLLM file. */
export interface Note {
  readonly kind: NoteKind;
  readonly at: Place;
  /** In plain words; of a key that is honoured: what stands for it. */
  readonly message: string;
  readonly hint?: string;
}

/** Takes what became of a key. */
export type TakeNote = (note: Note) => void;
