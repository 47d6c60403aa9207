import { beforeCrossing, type Detector, type Finding } from "../../../core/guards/detector.ts";
import { maxJwt, maxToken, type TokenForm, tokenForms } from "./token-forms.ts";

/** A token begins behind no letter and no digit, but behind `\n` as JSON writes it. */
const start = new RegExp(
  `(?:(?<![A-Za-z0-9_])|(?<=\\\\[nrt]))(?:${tokenForms.map((form) => `(${form.start})`).join("|")})`,
  "g",
);

const tokenCharacters = new Set(
  "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-.+/=~:",
);

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
  start.lastIndex = from;
  for (let match = start.exec(text); match !== null; match = start.exec(text)) {
    const { index } = match;
    const form = tokenForms[match.findIndex((group, at) => at > 0 && group !== undefined) - 1];
    const end = form === undefined ? 0 : tokenEnd(form, text, index);
    if (form !== undefined && end > 0) found.push({ start: index, end, kind: form.kind });
    start.lastIndex = Math.max(end, index + 1);
  }
  return found;
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
  while (word > earliest && tokenCharacters.has(text.charAt(word - 1))) word -= 1;
  if (text.length - word <= maxToken) return word;
  const jwt = text.indexOf("eyJ", word);
  return Math.min(jwt < 0 ? text.length : jwt, text.length - maxToken);
}
