import { nameHash } from "../../shared/name-hash.ts";

/**
 * The id of a call that came without one, as those of older servers do: a pure function of what
 * tells the call from others (when it came, its place, its tool and arguments), so that calls of
 * different turns differ.
 */
export function createToolId(...words: readonly (string | number)[]): string {
  return `call_${nameHash(words.join("\u0000"))}`;
}
