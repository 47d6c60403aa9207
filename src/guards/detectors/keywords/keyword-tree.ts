import {
  type CharacterClass,
  characterClasses,
  foldedCode,
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
  /** Says whether the part that a phrase begins with has a hash. */
  readonly mayBeHash: (hash: number) => boolean;
  /** 1 for the lowest bits of these hashes. */
  readonly filter: Uint8Array;
  /** 1 for characters of ASCII that are parts by themselves, and no phrase begins with them. */
  readonly passedOver: Uint8Array;
  /** Whether a part without a hash that begins with a character may be the first of a phrase. */
  readonly mayBeginWith: (code: number) => boolean;
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
  const firstLetters = new Set<string>();
  for (const [phrase, kind] of phrases) {
    const text = phrase.trim();
    let node = root;
    for (let at = 0; at < text.length; ) {
      const end = partEnd(text, at, classOf);
      const part = keyOf(text, at, end, classOf) ?? "";
      if (node === root) {
        firstHashes.add(hashOf(part));
        firstLetters.add(plainLetter(part));
      }
      node = childOf(node, part);
      at = end;
    }
    if (node !== root && node.kind === "") node.kind = kind;
  }
  return {
    root,
    mayBeHash: (hash) => firstHashes.has(hash),
    filter: filterFor(firstHashes),
    passedOver: passedOverFor(firstHashes),
    mayBeginWith: beginningsFor(firstLetters),
    classOf,
  };
}

const filterMask = 0xffff;

function filterFor(hashes: ReadonlySet<number>): Uint8Array {
  const filter = new Uint8Array(filterMask + 1);
  for (const hash of hashes) filter[hash & filterMask] = 1;
  return filter;
}

/** White space, which no phrase begins with, and signs that none does. */
function passedOverFor(firstHashes: ReadonlySet<number>): Uint8Array {
  return Uint8Array.from({ length: 128 }, (_, code) => {
    const character = String.fromCharCode(code);
    if (/\w/.test(character)) return 0;
    return /\s/.test(character) || !firstHashes.has(hashOf(character)) ? 1 : 0;
  });
}

/** The first letter of a part without its marks. */
function plainLetter(part: string): string {
  return part.normalize("NFD").charAt(0);
}

function beginningsFor(firstLetters: ReadonlySet<string>): (code: number) => boolean {
  const known = new Int8Array(0x10000);
  return (code) => {
    if (known[code] === 0) {
      const folded = foldPart(String.fromCharCode(code));
      const isHalf = (code & 0xf800) === 0xd800;
      known[code] = isHalf || folded === "" || firstLetters.has(plainLetter(folded)) ? 1 : -1;
    }
    return known[code] === 1;
  };
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

/** Where a part of a text ends, and its hash as it is folded; -1: no hash says what it is. */
export interface HashedPart {
  end: number;
  hash: number;
}

/**
 * Puts the part that begins at a place into `part`, in one pass where each of its characters is
 * folded by itself.
 */
export function hashPart(
  text: string,
  at: number,
  classOf: KeywordTree["classOf"],
  part: HashedPart,
): void {
  const { length } = text;
  let hash = seed;
  let end = at;
  for (; end < length; end += 1) {
    const code = text.charCodeAt(end);
    const value = wordCodes[code] || wordCode(code, classOf);
    if (value === 0) break;
    if (value < 0) {
      part.end = partEnd(text, at, classOf);
      part.hash = -1;
      return;
    }
    hash = (Math.imul(hash, 31) + value) & 0x7fffffff;
  }
  if (end > at) {
    part.end = end;
    part.hash = hash;
    return;
  }
  // A sign, white space, or a letter that is a word.
  part.end = partEnd(text, at, classOf);
  const value = aloneCode(text.charCodeAt(at), classOf);
  part.hash = value === 0 ? -1 : (begun + value) & 0x7fffffff;
}

/** The hash of a part that is one character adds this to it. 0: its neighbours count. */
function aloneCode(code: number, classOf: KeywordTree["classOf"]): number {
  const class_ = classOf(code);
  const value = class_ === LETTER ? foldedCode(code) : class_ === SPACE ? 0x20 : code;
  aloneCodes[code] = value;
  return value;
}

/** See `aloneCode`. 0: nobody has asked yet. */
const aloneCodes = new Uint16Array(0x10000);

/** What a character beyond ASCII adds to the hash of a word. 0: it is in none; -1: it depends. */
function wordCode(code: number, classOf: KeywordTree["classOf"]): number {
  if (code < 128 || classOf(code) !== WORD) return 0;
  const folded = foldedCode(code);
  wordCodes[code] = folded;
  return folded === 0 ? -1 : folded;
}

/**
 * What characters of words add to a hash that are folded by themselves. 0: nothing, or nobody has
 * asked yet for one beyond ASCII.
 */
const wordCodes = Uint16Array.from({ length: 0x10000 }, (_, code) => {
  const character = String.fromCharCode(code);
  return code < 128 && /\w/.test(character) ? character.toLowerCase().charCodeAt(0) : 0;
});

/**
 * The next part, from the beginning of one on, with which a phrase may begin: what no phrase begins
 * with by its hash is passed over.
 */
export function passOver(tree: KeywordTree, text: string, from: number): number {
  let at = from;
  while (at < text.length) {
    const code = text.charCodeAt(at);
    const end = wordCodes[code] === 0 ? behindSign(tree, code, at) : behindWord(tree, text, at);
    if (end === at) break;
    at = end;
  }
  return at;
}

/** The same place where a phrase may begin with the character. */
function behindSign({ filter, passedOver }: KeywordTree, code: number, at: number): number {
  if (passedOver[code] === 1) return at + 1;
  const alone = aloneCodes[code] ?? 0;
  return alone === 0 || filter[(begun + alone) & filterMask] === 1 ? at : at + 1;
}

/** The same place where a phrase may begin with the word. */
function behindWord({ filter }: KeywordTree, text: string, at: number): number {
  const { length } = text;
  let hash = seed;
  for (let end = at; end < length; end += 1) {
    const code = text.charCodeAt(end);
    const value = wordCodes[code] ?? 0;
    if (value === 0) return code < 0x80 && filter[hash & filterMask] === 0 ? end : at;
    hash = (Math.imul(hash, 31) + value) & 0x7fffffff;
  }
  return at;
}

const seed = 7;
const begun = seed * 31;

/** A hash of a part as it is folded. */
function hashOf(part: string): number {
  let hash = seed;
  for (let at = 0; at < part.length; at += 1)
    hash = (Math.imul(hash, 31) + part.charCodeAt(at)) & 0x7fffffff;
  return hash;
}
