import type { Emulation, MediaKind } from "../../core/dialect.ts";

const sound: ReadonlySet<MediaKind> = new Set(["audio"]);

/**
 * One answer a call, and sound only as data:
 * https://platform.openai.com/docs/api-reference/responses/create.
 */
export const emulation: Emulation = {
  bytesOnly: () => sound,
  singleAnswer: () => true,
};
