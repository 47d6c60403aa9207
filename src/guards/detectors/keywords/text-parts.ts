/** What a character is to words. */
export type CharacterClass = 1 | 2 | 3 | 4;

/** A part of words: letters, digits, underscores, marks, and what has no width. */
export const WORD = 1;
/** White space. */
export const SPACE = 2;
/** A letter of a script that puts no space between words: each is a word. */
export const LETTER = 3;
/** Anything else: each is a part by itself. */
export const OTHER = 4;

const wordCharacter = /[\p{L}\p{N}\p{M}_\u00ad\u200b-\u200d\u2060\ufeff]/u;
const spacelessLetter =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}\p{Script=Myanmar}]/u;
const withoutWidth = /[\u00ad\u200b-\u200d\u2060\ufeff]/g;

/** Says what characters are, by their UTF-16 code; the halves of mathematical letters are words. */
export function characterClasses(): (code: number) => CharacterClass {
  const known = new Uint8Array(0x10000);
  return (code) => {
    const class_ = known[code];
    if (class_ === 1 || class_ === 2 || class_ === 3 || class_ === 4) return class_;
    const found = classify(code);
    known[code] = found;
    return found;
  };
}

function classify(code: number): CharacterClass {
  // Mathematical letters and digits are U+D835 and a low surrogate.
  if (code === 0xd835 || (code >= 0xdc00 && code <= 0xdfff)) return WORD;
  const character = String.fromCharCode(code);
  if (spacelessLetter.test(character)) return LETTER;
  if (wordCharacter.test(character)) return WORD;
  return /\s/.test(character) ? SPACE : OTHER;
}

/** Characters that others change, or that do so: marks, halves, parts of syllables of Hangul, sigma. */
const entangled = /[\p{M}\p{Cs}\u03a3\u03c2\u03c3\u1100-\u11ff\ua960-\ua97f\ud7b0-\ud7ff]/u;

/** What a character is folded to that stands for itself in any word; 0: its neighbours count. */
export function foldedCode(code: number): number {
  const character = String.fromCharCode(code);
  const folded = foldPart(character);
  const alone = folded.length === 1 && !entangled.test(character) && !entangled.test(folded);
  return alone ? folded.charCodeAt(0) : 0;
}

const beyondAscii = /[\u0080-\uffff]/;

/** A part of a text in the form that it has in common with those that differ in case and width. */
export function foldPart(part: string): string {
  if (!beyondAscii.test(part)) return part.toLowerCase();
  const plain = part.replace(withoutWidth, "");
  return plain.normalize("NFKC").toUpperCase().toLowerCase();
}
