import { nameHash } from "./name-hash.ts";

/** Which names of tools a vendor takes. */
export interface ToolNameRule {
  /** The names that it takes as they are. It takes letters, digits, `_` and `-` in all places. */
  readonly pattern: RegExp;
  /** How many characters a name has at most. */
  readonly maxLength: number;
}

/** Letters, digits, `_` and `-`, at most 64 of them: the rule of OpenAI, and of most vendors. */
export const usualToolNames: ToolNameRule = { pattern: /^[a-zA-Z0-9_-]{1,64}$/, maxLength: 64 };

/** The same, and the first is no digit and no dash. */
export const letterFirstToolNames: ToolNameRule = {
  pattern: /^[a-zA-Z_][a-zA-Z0-9_-]{0,63}$/,
  maxLength: 64,
};

/**
 * The names that have to be others for a vendor, with those that are sent. A name that fits stays
 * as it is; others become a function of themselves, so that they are the same in later turns, and
 * no two of a request become one.
 */
export function fitToolNames(
  names: ReadonlySet<string>,
  rule: ToolNameRule,
): ReadonlyMap<string, string> {
  const fitted = new Map<string, string>();
  const taken = new Set<string>();
  for (const name of names) if (rule.pattern.test(name)) taken.add(name);
  for (const name of names) {
    if (taken.has(name) || name === "") continue;
    const fit = fitName(name, rule, taken);
    taken.add(fit);
    fitted.set(name, fit);
  }
  return fitted;
}

/** Of a name that differs by more than its separators, a hash tells it from others of its kind. */
function fitName(name: string, rule: ToolNameRule, taken: ReadonlySet<string>): string {
  const plain = name.replaceAll(/[^a-zA-Z0-9_-]/g, "_");
  const begun = rule.pattern.test(plain.slice(0, 1)) ? plain : `_${plain}`;
  const separated = !/[^\w.:/ -]/.test(name);
  if (separated && rule.pattern.test(begun) && !taken.has(begun)) return begun;
  const kept = begun.slice(0, rule.maxLength - HASH_LENGTH);
  let fit = `${kept}_${nameHash(name)}`;
  for (let salt = 1; taken.has(fit); salt += 1) fit = `${kept}_${nameHash(`${name}\u0000${salt}`)}`;
  return fit;
}

/** Of the hash and what stands before it. */
const HASH_LENGTH = 17;
