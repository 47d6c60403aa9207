import { beforeCrossing, type Detector, type Finding } from "../../../core/guard/detector.ts";

/** Longest name before the `@`, and longest domain; see RFC 5321, section 4.5.3.1. */
const [maxLocal, maxDomain] = [64, 253];

/** So far back an address within a URL is recognized, such as `https://user:password@host`. */
const maxUserInfo = 60;

const localEnd = /[A-Za-z0-9_+\-À-ɏ](?:[.]?[A-Za-z0-9!#$%&'*+/=?^_`{|}~\-À-ɏ])*$/;
const domainStart = /^(?:[A-Za-z0-9À-ɏ](?:[A-Za-z0-9\-À-ɏ]{0,61}[A-Za-z0-9À-ɏ])?\.)+/;
const topLevel = /^(?:[A-Za-z]{2,24}|xn--[A-Za-z0-9-]{2,59})(?![A-Za-z0-9_À-ɏ])/;
const notTopLevel =
  /^(?:png|jpe?g|gif|webp|svg|css|s[ac]ss|[jt]sx?|mjs|json|html?|xml|ya?ml|txt|pdf|csv)$/i;
/** Such as 15.0.0-canary.alpha. */
const version = /^\d+\.\d/;
const userInfo = /:\/\/[^\s/@]*$/;

/** What a text may end with that may become an address. */
const openEnd = /[A-Za-z0-9!#$%&'*+/=?^_`{|}~.@\-À-ɏ]+$/;

/** Looks for e-mail addresses. Not found are hosts without a dot, and the users of URLs. */
export function emailDetector(): Detector {
  return {
    find: findAddresses,
    openFrom: (text, from = 0) => {
      const earliest = Math.max(from, text.length - maxLocal - 1 - maxDomain);
      const match = openEnd.exec(text.slice(earliest));
      if (match === null) return text.length;
      return beforeCrossing(findAddresses(text, from), earliest + match.index);
    },
    lookBehind: maxUserInfo + 1,
  };
}

function findAddresses(text: string, from = 0): readonly Finding[] {
  const found: Finding[] = [];
  let next = from;
  for (let at = text.indexOf("@", from); at >= 0; at = text.indexOf("@", at + 1)) {
    const local = localEnd.exec(text.slice(Math.max(next, at - maxLocal), at));
    if (local === null) continue;
    const start = at - local[0].length;
    const end = domainEnd(text, at + 1);
    if (end === 0 || isNoAddress(text, start, at, end)) continue;
    found.push({ start, end, kind: "EMAIL" });
    next = end;
  }
  return found;
}

/** 0: there is no domain. */
function domainEnd(text: string, start: number): number {
  let names = domainStart.exec(text.slice(start, start + maxDomain))?.[0] ?? "";
  if (version.test(names)) return 0;
  while (names !== "") {
    const at = start + names.length;
    const [top] = topLevel.exec(text.slice(at, at + 64)) ?? [];
    if (top !== undefined) return notTopLevel.test(top) ? 0 : at + top.length;
    names = names.slice(0, names.lastIndexOf(".", names.length - 2) + 1);
  }
  return 0;
}

/** Of `git@host:path`, and of a URL with its user. */
function isNoAddress(text: string, start: number, at: number, end: number): boolean {
  if (text.slice(start, at) === "git" && text[end] === ":") return true;
  const before = text[start - 1];
  if (before !== ":" && before !== "/") return false;
  return userInfo.test(text.slice(Math.max(0, start - maxUserInfo), start));
}
