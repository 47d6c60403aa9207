import { stripTypeScriptTypes } from "node:module";
import { splitSource } from "./source-text.ts";

/** Words before a parenthesis that make no method of it. */
const keywords = /^(?:if|for|while|switch|catch|return|await|super|typeof|void|with)$/;

/**
 * How many parameters each function of a TypeScript file has, in the order in which they begin:
 * declarations, methods and arrows that have a body. Types are stripped first. The formatter writes
 * parentheses around every list of parameters.
 */
export function parameterCounts(text: string): number[] {
  const code = splitSource(stripTypeScriptTypes(text)).bareCode;
  const counts: number[] = [];
  for (let open = code.indexOf("("); open >= 0; open = code.indexOf("(", open + 1)) {
    const close = closeOf(code, open);
    if (isFunction(code.slice(0, open), code.slice(close + 1, close + 200)))
      counts.push(countElements(code.slice(open + 1, close)));
  }
  return counts;
}

function isFunction(before: string, after: string): boolean {
  if (/^\s*=>/.test(after)) return true;
  if (!/^\s*\{/.test(after)) return false;
  const [, word = "", name = ""] =
    /(?:(\w+)\s*\*?\s+)?\*?(#?\w*)\s*$/.exec(before.slice(-120)) ?? [];
  return /^function$/.test(word) || name === "function" || (name !== "" && !keywords.test(name));
}

function closeOf(code: string, open: number): number {
  let depth = 0;
  for (let at = open; at < code.length; at += 1) {
    if ("([{".includes(code.charAt(at))) depth += 1;
    else if (")]}".includes(code.charAt(at))) depth -= 1;
    if (depth === 0) return at;
  }
  return code.length;
}

function countElements(list: string): number {
  let depth = 0;
  let count = 0;
  let filled = false;
  for (const letter of list) {
    if ("([{".includes(letter)) depth += 1;
    if (")]}".includes(letter)) depth -= 1;
    if (letter === "," && depth === 0) filled = false;
    else if (/\S/.test(letter) && !filled) {
      filled = true;
      count += 1;
    }
  }
  return count;
}
