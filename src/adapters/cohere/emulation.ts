import type { Emulation, MediaKind } from "../../core/dialect.ts";

const pictures: ReadonlySet<MediaKind> = new Set(["image"]);

/**
 * One answer a call. Chat takes pictures by address, Embed only as data URLs, and at most 96 inputs
 * (https://docs.cohere.com/reference/chat, https://docs.cohere.com/reference/embed).
 */
export const emulation: Emulation = {
  bytesOnly: (operation) => (operation === "embed" ? pictures : undefined),
  singleAnswer: () => true,
  embedInputs: () => 96,
};
