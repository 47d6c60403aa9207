import {
  type CharacterClass,
  characterClasses,
  foldPart,
  LETTER,
  SPACE,
  WORD,
} from "./text-parts.ts";

/** What may follow the parts of a phrase so far. */
export interface KeywordNode {
  readonly next: Map<string, KeywordNode>;
  /** What the phrase is that ends here; "": none does. */
  kind: string;
}

/** Phrases, by their parts. */
export interface KeywordTree {
  readonly root: KeywordNode;
  /** Hashes of the parts that phrases begin with. */
  readonly firstHashes: ReadonlySet<number>;
  readonly classOf: (code: number) => CharacterClass;
}

/** Longest word, in characters, and longest white space within a phrase. */
const [maxWord, maxSpace] = [256, 32];

/** A phrase, and what it is called where it is found. */
export type Keyword = readonly [phrase: string, kind: string];

/** Phrases as a tree of their parts: as large as they are together. */
export function keywordTree(phrases: Iterable<Keyword>): KeywordTree {
  const root: KeywordNode = { next: new Map(), kind: "" };
  const classOf = characterClasses();
  const firstHashes = new Set<number>();
  for (const [phrase, kind] of phrases) {
    const text = phrase.trim();
    let node = root;
    for (let at = 0; at < text.length; ) {
      const end = partEnd(text, at, classOf);
      const part = keyOf(text, at, end, classOf) ?? "";
      if (node === root) firstHashes.add(hashOf(part, 0, part.length));
      node = childOf(node, part);
      at = end;
    }
    if (node !== root && node.kind === "") node.kind = kind;
  }
  return { root, firstHashes, classOf };
}

function childOf(node: KeywordNode, part: string): KeywordNode {
  const known = node.next.get(part);
  if (known !== undefined) return known;
  const child: KeywordNode = { next: new Map(), kind: "" };
  node.next.set(part, child);
  return child;
}

/**
 * Where the part of a text ends that begins at a place; of one that is longer than any in the tree,
 * some place behind that length where `cut` is true.
 */
export function partEnd(
  text: string,
  at: number,
  classOf: KeywordTree["classOf"],
  cut = false,
): number {
  const first = classOf(text.charCodeAt(at));
  if (first !== WORD && first !== SPACE) return at + 1;
  const last = cut ? Math.min(text.length, at + maxWord + 1) : text.length;
  let end = at + 1;
  while (end < last && classOf(text.charCodeAt(end)) === first) end += 1;
  return end;
}

/** The key of a part in the tree; undefined: it is too long to be in one. */
export function keyOf(
  text: string,
  at: number,
  end: number,
  classOf: KeywordTree["classOf"],
): string | undefined {
  const length = end - at;
  switch (classOf(text.charCodeAt(at))) {
    case SPACE:
      return length <= maxSpace ? " " : undefined;
    case WORD:
      return length <= maxWord ? foldPart(text.slice(at, end)) : undefined;
    case LETTER:
      return foldPart(text.charAt(at));
    default:
      return text.charAt(at);
  }
}

/**
 * A hash of a part as it is folded, for parts of ASCII. -1: it has other characters, and no hash
 * says what it is.
 */
export function hashOf(text: string, at: number, end: number): number {
  let hash = 7;
  for (let place = at; place < end; place += 1) {
    const code = text.charCodeAt(place);
    if (code > 0x7f) return -1;
    const lower = code >= 0x41 && code <= 0x5a ? code + 0x20 : code;
    hash = (Math.imul(hash, 31) + lower) & 0x7fffffff;
  }
  return hash;
}
