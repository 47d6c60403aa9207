import { nameHash } from "../../../core/names/name-hash.ts";
import type { ChatQuirks } from "../wire.ts";

/** Gives the ids of tool calls and of their results that the vendor takes. One per request. */
export type ToolIds = (id: string) => string;

const alphabet = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
const longest = 40;

/**
 * Ids that fit stay. Others are rewritten by a pure function of the id, so that a call and its
 * result agree, now and in later turns; should two come out the same, the later one is rewritten
 * again. OpenAI takes at most 40 characters (`string_above_max_length`), Mistral exactly nine
 * letters and digits (https://mistralai.github.io/mistral-common/usage/tools/).
 */
export function createToolIds(kind: ChatQuirks["toolIds"]): ToolIds {
  if (kind === undefined) return (id) => id;
  const assigned = new Map<string, string>();
  const taken = new Set<string>();
  return (id) => {
    const known = assigned.get(id);
    if (known !== undefined) return known;
    let fit = fitting(id, kind) ? id : rewritten(id, kind, 0);
    for (let salt = 1; taken.has(fit); salt += 1) fit = rewritten(id, kind, salt);
    assigned.set(id, fit);
    taken.add(fit);
    return fit;
  };
}

/** Whether an endpoint takes an id as it is. */
export function fitsToolId(id: string, { toolIds }: ChatQuirks): boolean {
  return toolIds === undefined || fitting(id, toolIds);
}

function fitting(id: string, kind: "short" | "nine"): boolean {
  return kind === "nine" ? /^[A-Za-z0-9]{9}$/.test(id) : id.length <= longest;
}

function rewritten(id: string, kind: "short" | "nine", salt: number): string {
  const text = salt === 0 ? id : `${id}\u0000${salt}`;
  if (kind === "nine") return letters(text, 9);
  return `${id.slice(0, longest - 12)}_${letters(text, 11)}`;
}

/** Letters and digits that a text comes out as. */
function letters(text: string, count: number): string {
  let number = BigInt(`0x${nameHash(text)}`);
  let word = "";
  while (word.length < count) {
    word += alphabet[Number(number % 62n)] ?? "";
    number /= 62n;
  }
  return word;
}
