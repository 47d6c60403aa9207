import { beforeCrossing, type Detector, type Finding } from "../../../core/guard/detector.ts";
import { maxJwt, maxToken, type TokenForm, tokenForms } from "./token-forms.ts";

/** A token begins behind no letter and no digit, but behind `\n` as JSON writes it. */
const start = new RegExp(
  `(?:(?<![A-Za-z0-9_])|(?<=\\\\[nrt]))(?:${tokenForms.map((form) => `(${form.start})`).join("|")})`,
  "g",
);

/** Which characters of ASCII a token may have. */
const isTokenCharacter = Array.from({ length: 128 }, (_, code) =>
  /[A-Za-z0-9_.+/=~:-]/.test(String.fromCharCode(code)),
);

/** No token is shorter, in characters. */
const minToken = 15;

/** Looks for tokens and keys of well-known formats. */
export function tokenDetector(): Detector {
  return {
    find: findTokens,
    openFrom: (text, from = 0) => {
      const open = openPlace(text, from);
      return open === text.length ? open : beforeCrossing(findTokens(text, from), open);
    },
    lookBehind: 2,
  };
}

function findTokens(text: string, from = 0): readonly Finding[] {
  const found: Finding[] = [];
  for (let at = from; at < text.length; ) {
    const end = wordEnd(text, at);
    if (end - at >= minToken) addTokens(found, text, at, end);
    at = Math.max(end + 1, found.at(-1)?.end ?? 0);
  }
  return found;
}

function wordEnd(text: string, at: number): number {
  let end = at;
  while (end < text.length && isTokenCharacter[text.charCodeAt(end)] === true) end += 1;
  return end;
}

/** Adds the tokens that begin in a word of a text. */
function addTokens(found: Finding[], text: string, word: number, wordEnd: number): void {
  // With what a token may not follow.
  const before = Math.max(0, word - 2);
  const looked = text.slice(before, wordEnd);
  start.lastIndex = word - before;
  for (let match = start.exec(looked); match !== null; match = start.exec(looked)) {
    const index = before + match.index;
    const form = tokenForms[match.findIndex((group, at) => at > 0 && group !== undefined) - 1];
    const end = form === undefined ? 0 : tokenEnd(form, text, index);
    if (form !== undefined && end > 0) found.push({ start: index, end, kind: form.kind });
    start.lastIndex = Math.max(end, index + 1) - before;
  }
}

/** 0: there is none. */
function tokenEnd({ whole, accepts, kind }: TokenForm, text: string, at: number): number {
  whole.lastIndex = at;
  const token = whole.exec(text)?.[0];
  if (token === undefined || accepts?.(token) === false) return 0;
  const end = at + token.length;
  return kind !== "JWT" && /[A-Za-z0-9]/.test(text.charAt(end)) ? 0 : end;
}

/** Where the word begins that a text ends with, as far back as a token may. */
function openPlace(text: string, from: number): number {
  const earliest = Math.max(from, text.length - maxJwt);
  let word = text.length;
  while (word > earliest && isTokenCharacter[text.charCodeAt(word - 1)] === true) word -= 1;
  if (text.length - word <= maxToken) return word;
  const jwt = text.indexOf("eyJ", word);
  return Math.min(jwt < 0 ? text.length : jwt, text.length - maxToken);
}
