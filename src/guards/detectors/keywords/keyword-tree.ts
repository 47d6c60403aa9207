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
  /** Says whether the part that a phrase begins with has a hash. */
  readonly mayBeHash: (hash: number) => boolean;
  /** 1 for characters of ASCII that are parts by themselves, and no phrase begins with them. */
  readonly passedOver: Uint8Array;
  /** Whether a part that begins with a character beyond ASCII may be the first of a phrase. */
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
        firstHashes.add(hashOf(part, 0, part.length));
        firstLetters.add(plainLetter(part));
      }
      node = childOf(node, part);
      at = end;
    }
    if (node !== root && node.kind === "") node.kind = kind;
  }
  return {
    root,
    mayBeHash: filterFor(firstHashes),
    passedOver: passedOverFor(firstHashes),
    mayBeginWith: beginningsFor(firstLetters),
    classOf,
  };
}

function filterFor(hashes: ReadonlySet<number>): (hash: number) => boolean {
  const bits = 0xffff;
  const filter = new Uint8Array(bits + 1);
  for (const hash of hashes) filter[hash & bits] = 1;
  return (hash) => filter[hash & bits] === 1 && hashes.has(hash);
}

/** White space, which no phrase begins with, and signs that none does. */
function passedOverFor(firstHashes: ReadonlySet<number>): Uint8Array {
  return Uint8Array.from({ length: 128 }, (_, code) => {
    const character = String.fromCharCode(code);
    if (/\w/.test(character)) return 0;
    return /\s/.test(character) || !firstHashes.has(hashOf(character, 0, 1)) ? 1 : 0;
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

/** Where a part of a text ends, and its hash as it is folded; see `hashOf`. */
export interface HashedPart {
  end: number;
  hash: number;
}

/** Puts the part that begins at a place into `part`, in one pass where it is of ASCII. */
export function hashPart(
  text: string,
  at: number,
  classOf: KeywordTree["classOf"],
  part: HashedPart,
): void {
  let [hash, end] = [seed, at];
  while (end < text.length) {
    const value = asciiWord[text.charCodeAt(end)] ?? 0;
    if (value === 0) break;
    hash = (Math.imul(hash, 31) + value) & 0x7fffffff;
    end += 1;
  }
  if (end > at && (end === text.length || text.charCodeAt(end) < 128)) {
    part.end = end;
    part.hash = hash;
    return;
  }
  part.end = partEnd(text, at, classOf);
  part.hash = hashOf(text, at, part.end);
}

/** What letters, digits and underscores of ASCII add to a hash, without case. 0: anything else. */
const asciiWord = Uint8Array.from({ length: 128 }, (_, code) => {
  const character = String.fromCharCode(code);
  return /\w/.test(character) ? character.toLowerCase().charCodeAt(0) : 0;
});

const seed = 7;

/**
 * A hash of a part as it is folded, for parts of ASCII. -1: it has other characters, and no hash
 * says what it is.
 */
function hashOf(text: string, at: number, end: number): number {
  let hash = seed;
  for (let place = at; place < end; place += 1) {
    const code = text.charCodeAt(place);
    if (code > 0x7f) return -1;
    const lower = code >= 0x41 && code <= 0x5a ? code + 0x20 : code;
    hash = (Math.imul(hash, 31) + lower) & 0x7fffffff;
  }
  return hash;
}
