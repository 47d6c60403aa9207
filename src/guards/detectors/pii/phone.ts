import { createRequire } from "node:module";
import type { CountryCode } from "libphonenumber-js/max";
import type { Form } from "../form-detector.ts";

const nearby = 30;
const callWords =
  /(?:phone|tel|call|cell|mobil|fax|sms|text|whatsapp|signal|reach|contact|dial|handy|ruf|anruf|nummer|number|portable|appel|llam|m[oó]vil|cellulare|chiam|zadzwo|ligar|fone|bel|电话|手机|電話|携帯|फ़ोन|☎|📞)[^\d]{0,24}$/iu;

/** What is rather a date, a time or a version. */
const notPhone =
  /^(?:\d{4}[-/.]\d{1,2}[-/.]\d{1,2}|\d{1,2}[-/.]\d{1,2}[-/.]\d{2,4})(?!\d)|^\d+\.\d+ |^\d{1,3}(?:\.\d{1,3}){3}$|^\d{4}[ -]\d{4}[ -]\d{4}/;

/**
 * Telephone numbers that can be by the plans of their countries. With a country code they are found
 * everywhere; without, where they are in groups or near a word such as phone, those of the regions.
 */
export function phoneForm(regions: readonly string[]): Form {
  const { parsePhoneNumberFromString, isSupportedCountry, validatePhoneNumberLength } = loadPlans();
  const known = regions
    .filter((region): region is CountryCode => isSupportedCountry(region))
    .map((region) => ({ region, lengths: dialledLengths(validatePhoneNumberLength, region) }));
  const isInternational = (number: string) =>
    parsePhoneNumberFromString(number)?.isValid() === true;
  const isNational = (number: string, region: CountryCode) => {
    const parsed = parsePhoneNumberFromString(number, region);
    if (parsed?.isValid() !== true) return false;
    // Written as people dial it: with the 0 that most countries have before their areas.
    const dialled = number.replaceAll(/\D/g, "");
    const national = parsed.formatNational().replaceAll(/\D/g, "");
    return dialled === national || dialled === `1${national}`;
  };
  const isPhone = (number: string, before: () => string): boolean => {
    const plain = number.replace(/\(0\)/, "");
    const international = /^\(?(?:\+|011|00) ?\(?([1-9].*)/.exec(plain)?.[1];
    if (international !== undefined) return isInternational(`+${international}`);
    if (/^\(?(?:\+|00)/.test(plain)) return false;
    const count = digitsIn(number);
    if (!known.some(({ lengths }) => lengths.has(count)) || notPhone.test(number)) return false;
    const isGrouped = /\d[ ./()-]+\d/.test(number);
    if (!isGrouped && !callWords.test(before())) return false;
    return known.some(({ region, lengths }) => lengths.has(count) && isNational(number, region));
  };
  return {
    kind: "PHONE",
    pattern:
      /(?=[+(\d])(?<![\w+]|\d[.,/-])(?:\(?\+ ?\(?|\()?\d(?:[ ./()-]{0,2}\d){6,16}(?![\dA-Za-z_])/g,
    accepts: (candidate, text, start) =>
      phoneLength(candidate, (number) =>
        isPhone(number, () => text.slice(Math.max(0, start - nearby), start)),
      ),
    open: /(?<![\w+]|\d[.,/-])(?:\(?\+ ?\(?|\()?(?:\d(?:(?:[ ./-]|\)|\(){0,2}\d){0,16}(?:[ ./-]|\)|\(){0,2})?$/,
    maxLength: 56,
    lookBehind: nearby,
  };
}

/** How many digits are dialled within a country, without and with the digit that calls begin with. */
function dialledLengths(
  validate: (number: string, region: CountryCode) => string | undefined,
  region: CountryCode,
): ReadonlySet<number> {
  const lengths = Array.from({ length: 15 }, (_, at) => at + 1);
  const possible = lengths.filter((length) => validate("2".repeat(length), region) === undefined);
  return new Set(possible.flatMap((length) => [length, length + 1]));
}

/** So many ends of a candidate are tried: others may be numbers behind it. */
const maxEnds = 2;

function phoneLength(candidate: string, isPhone: (number: string) => boolean): number {
  let end = candidate.length;
  for (let count = 0; count < maxEnds && end > 0; count += 1) {
    const number = candidate.slice(0, end);
    const digits = digitsIn(number);
    if (digits < 7) return 0;
    if (digits <= 17 && isPhone(number)) return end;
    while (isDigit(candidate, end - 1)) end -= 1;
    while (end > 0 && !isDigit(candidate, end - 1)) end -= 1;
  }
  return 0;
}

function digitsIn(number: string): number {
  let count = 0;
  for (let at = 0; at < number.length; at += 1) if (isDigit(number, at)) count += 1;
  return count;
}

function isDigit(text: string, at: number): boolean {
  const code = text.charCodeAt(at);
  return code >= 0x30 && code <= 0x39;
}

/** The plans of all countries, loaded where telephone numbers are looked for. */
function loadPlans(): typeof import("libphonenumber-js/max") {
  return createRequire(import.meta.url)("libphonenumber-js/max");
}
