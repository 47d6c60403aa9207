import {
  Modality,
  ReasoningEffort,
  SearchContextSize,
  Verbosity,
} from "../../../gen/parlance/chat/v1/generation_pb.js";

/** `reasoning_effort`. */
export const efforts: ReadonlyMap<string, ReasoningEffort> = new Map([
  ["none", ReasoningEffort.NONE],
  ["minimal", ReasoningEffort.MINIMAL],
  ["low", ReasoningEffort.LOW],
  ["medium", ReasoningEffort.MEDIUM],
  ["high", ReasoningEffort.HIGH],
  ["xhigh", ReasoningEffort.XHIGH],
  ["max", ReasoningEffort.MAX],
]);

/** `verbosity`. */
export const verbosities: ReadonlyMap<string, Verbosity> = new Map([
  ["low", Verbosity.LOW],
  ["medium", Verbosity.MEDIUM],
  ["high", Verbosity.HIGH],
]);

/** `modalities`. */
export const modalities: ReadonlyMap<string, Modality> = new Map([
  ["text", Modality.TEXT],
  ["audio", Modality.AUDIO],
  ["image", Modality.IMAGE],
]);

/** `web_search_options.search_context_size`. */
export const contextSizes: ReadonlyMap<string, SearchContextSize> = new Map([
  ["low", SearchContextSize.LOW],
  ["medium", SearchContextSize.MEDIUM],
  ["high", SearchContextSize.HIGH],
]);

/** The word for a value; undefined for one that has no word, such as the vendor's default. */
export function wordFor<T>(words: ReadonlyMap<string, T>, value: T): string | undefined {
  for (const [word, meaning] of words) {
    if (meaning === value) return word;
  }
  return undefined;
}
