import type { Emulation, MediaKind } from "../../core/dialect.ts";

const seenAndHeard: ReadonlySet<MediaKind> = new Set(["image", "audio"]);

/**
 * Pictures and sound are base64 in `images`, and there is one answer a call:
 * https://docs.ollama.com/api/chat.
 */
export const emulation: Emulation = {
  bytesOnly: (operation) => (operation === "embed" ? undefined : seenAndHeard),
  singleAnswer: () => true,
};
