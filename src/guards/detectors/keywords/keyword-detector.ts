import type { Detector, Finding } from "../../../core/guard/detector.ts";
import {
  type HashedPart,
  hashPart,
  type Keyword,
  type KeywordNode,
  type KeywordTree,
  keyOf,
  keywordTree,
  partEnd,
  passOver,
} from "./keyword-tree.ts";
import { SPACE, WORD } from "./text-parts.ts";

/** What was found in a text, and where nothing that may be found begins before. */
interface Scan {
  readonly found: Finding[];
  readonly open: number;
}

/**
 * Looks for words and phrases as whole words, whatever their case and width; of several at one
 * place for the longest. White space in a phrase is any white space.
 */
export function keywordDetector(phrases: Iterable<Keyword>): Detector {
  const tree = keywordTree(phrases);
  return {
    find: (text, from = 0) => scan(tree, { text, from, over: true }).found,
    openFrom: (text, from = 0) => scan(tree, { text, from, over: false }).open,
    lookBehind: 1,
  };
}

interface Scanned {
  readonly text: string;
  readonly from: number;
  /** Whether nothing follows the text. */
  readonly over: boolean;
}

function scan(tree: KeywordTree, scanned: Scanned): Scan {
  const { text, from, over } = scanned;
  const { classOf, mayBeHash, mayBeginWith } = tree;
  const found: Finding[] = [];
  const part: HashedPart = { end: 0, hash: 0 };
  let at = wordEndFrom(text, from, classOf);
  for (;;) {
    at = passOver(tree, text, at);
    if (at >= text.length) break;
    const code = text.charCodeAt(at);
    hashPart(text, at, classOf, part);
    const { hash, end } = part;
    const mayBegin =
      (!over && end === text.length) || (hash < 0 ? mayBeginWith(code) : mayBeHash(hash));
    const match = mayBegin ? walk(tree, scanned, at) : undefined;
    if (match === "open") return { found, open: at };
    if (match !== undefined) found.push(match);
    at = match?.end ?? end;
  }
  return { found, open: text.length };
}

/** The longest phrase that begins at a place. */
function walk(
  { root, classOf }: KeywordTree,
  { text, over }: Scanned,
  start: number,
): Finding | "open" | undefined {
  let longest: Finding | undefined;
  let [node, at]: [KeywordNode, number] = [root, start];
  while (node.next.size > 0) {
    if (at === text.length) return over ? longest : "open";
    const end = partEnd(text, at, classOf, true);
    const key = keyOf(text, at, end, classOf);
    if (key === undefined) break;
    if (!over && end === text.length && mayGrow(classOf(text.charCodeAt(at)))) return "open";
    const next = node.next.get(key);
    if (next === undefined) break;
    if (next.kind !== "") longest = { start, end, kind: next.kind };
    [node, at] = [next, end];
  }
  return longest;
}

function mayGrow(class_: number): boolean {
  return class_ === WORD || class_ === SPACE;
}

/** A word that began before the place is passed over. */
function wordEndFrom(text: string, from: number, classOf: KeywordTree["classOf"]): number {
  if (from === 0 || from >= text.length) return from;
  const inWord =
    classOf(text.charCodeAt(from)) === WORD && classOf(text.charCodeAt(from - 1)) === WORD;
  return inWord ? partEnd(text, from, classOf) : from;
}
