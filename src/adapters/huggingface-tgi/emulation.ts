import type { Emulation } from "../../core/dialect.ts";

/**
 * One answer a call: `best_of` draws several and keeps one
 * (https://huggingface.co/docs/text-generation-inference).
 */
export const emulation: Emulation = {
  singleAnswer: () => true,
};
