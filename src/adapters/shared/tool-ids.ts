import { nameHash } from "../../core/names/name-hash.ts";
import { isObject, type Json } from "../../json/json.ts";

/** Gives tool calls and their results ids that a vendor takes. One per request. */
export interface ToolIds {
  /** The id of the next call. */
  readonly call: (id: string) => string;
  /** The id of the next result; the same as its call's. */
  readonly result: (id: string) => string;
}

/** What ids a vendor takes. */
export interface ToolIdRules {
  /** Whether it takes an id as it is. */
  readonly valid: (id: string) => boolean;
  /**
   * Characters of an id that are kept before the hash of it, at most; with the hash it is 17
   * longer.
   */
  readonly kept: number;
  /** What the ids of calls begin with that came without one. */
  readonly unnamed: string;
}

/**
 * Ids that are valid and used once stay. Others are rewritten by a function of the id, so that a
 * call and its result agree, now and in later turns. An id that comes again (some vendors count
 * anew in each turn) gets a number, and results are those of the latest call. Vendors that give no
 * ids pair calls and results by order, and so does this. No two calls of a request get the same id,
 * whatever the ids were.
 */
export function createToolIds(rules: ToolIdRules): ToolIds {
  const uses = new Map<string, number>();
  const latest = new Map<string, string>();
  const unnamed: string[] = [];
  const taken = new Set<string>();
  let answered = 0;

  const take = (wanted: string, id: string): string => {
    let free = wanted;
    for (let salt = 1; taken.has(free); salt += 1)
      free = hashed(id, `${wanted}\u0000${salt}`, rules);
    taken.add(free);
    return free;
  };
  return {
    call(id) {
      if (id === "") {
        const name = take(`${rules.unnamed}_${unnamed.length + 1}`, rules.unnamed);
        unnamed.push(name);
        return name;
      }
      const use = (uses.get(id) ?? 0) + 1;
      uses.set(id, use);
      const unique = take(numbered(id, use, rules), id);
      latest.set(id, unique);
      return unique;
    },
    result(id) {
      if (id !== "") return latest.get(id) ?? numbered(id, 1, rules);
      answered += 1;
      return unnamed[answered - 1] ?? `${rules.unnamed}_${answered}`;
    },
  };
}

/**
 * Whether every string member of that name is a valid id in a list of turns or items, and in the
 * lists that they have as `content`.
 */
export function everyId(
  list: Json | undefined,
  member: string,
  valid: ToolIdRules["valid"],
): boolean {
  if (!Array.isArray(list)) return true;
  for (const item of list) {
    if (!isObject(item)) continue;
    const id = item[member];
    if (typeof id === "string" && !valid(id)) return false;
    if (!everyId(item.content, member, valid)) return false;
  }
  return true;
}

function numbered(id: string, use: number, rules: ToolIdRules): string {
  const fit = rules.valid(id) ? id : hashed(id, id, rules);
  if (use === 1) return fit;
  const again = `${fit}_${use}`;
  return rules.valid(again) ? again : hashed(id, `${id}_${use}`, rules);
}

/** The beginning of the id in letters that every vendor takes, and the hash of the seed. */
function hashed(id: string, seed: string, { kept }: ToolIdRules): string {
  return `${id.replaceAll(/[^a-zA-Z0-9_-]/g, "_").slice(0, kept)}_${nameHash(seed)}`;
}
