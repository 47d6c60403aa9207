import type { Emulation } from "../../core/dialect.ts";

/** One answer a call: there is no `n` (https://platform.claude.com/docs/en/api/messages). */
export const emulation: Emulation = {
  singleAnswer: () => true,
};
