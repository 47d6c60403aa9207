import { createRequire } from "node:module";
import type { CountryCode } from "libphonenumber-js/max";
import type { Form } from "../form-detector.ts";

const nearby = 30;
const callWords =
  /(?:phone|tel|call|cell|mobil|fax|sms|text|whatsapp|signal|reach|contact|dial|handy|ruf|anruf|nummer|number|portable|appel|llam|m[oó]vil|cellulare|chiam|zadzwo|ligar|fone|bel|电话|手机|電話|携帯|फ़ोन|☎|📞)[^\d]{0,24}$/iu;

/** What is rather a date, a time or a version. */
const notPhone =
  /^(?:\d{4}[-/.]\d{1,2}[-/.]\d{1,2}|\d{1,2}[-/.]\d{1,2}[-/.]\d{2,4})(?!\d)|^\d{1,3}(?:\.\d{1,3}){3}$|^\d{4}[ -]\d{4}[ -]\d{4}/;

/**
 * Telephone numbers that can be by the plans of their countries. With a country code they are found
 * everywhere; without, where they are in groups or near a word such as phone, those of the regions.
 */
export function phoneForm(regions: readonly string[]): Form {
  const { parsePhoneNumberFromString, isSupportedCountry } = loadPlans();
  const known = regions.filter((region): region is CountryCode => isSupportedCountry(region));
  const isValid = (number: string, region?: CountryCode) =>
    parsePhoneNumberFromString(number, region)?.isValid() === true;
  const isPhone = (number: string, before: string): boolean => {
    const plain = number.replace(/\(0\)/, "");
    if (/^\(?(?:\+|00|011)/.test(plain)) return isValid(plain.replace(/^\(?(?:\+|011|00)\s?/, "+"));
    if (notPhone.test(number)) return false;
    const isGrouped = /\d[ ./()-]+\d/.test(number);
    return (isGrouped || callWords.test(before)) && known.some((region) => isValid(number, region));
  };
  return {
    kind: "PHONE",
    pattern:
      /(?<![\w+]|\d[.,/-])(?:\(?\+ ?\(?|\()?\d(?:(?:[ ./-]|\)|\(){0,2}\d){6,16}(?![\dA-Za-z_])/g,
    accepts: (candidate, text, start) =>
      phoneLength(candidate, (number) =>
        isPhone(number, text.slice(Math.max(0, start - nearby), start)),
      ),
    open: /(?<![\w+]|\d[.,/-])(?:\(?\+ ?\(?|\()?(?:\d(?:(?:[ ./-]|\)|\(){0,2}\d){0,16}(?:[ ./-]|\)|\(){0,2})?$/,
    maxLength: 56,
    lookBehind: nearby,
  };
}

/** So many ends of a candidate are tried: others may be numbers behind it. */
const maxEnds = 3;

function phoneLength(candidate: string, isPhone: (number: string) => boolean): number {
  const ends = Array.from(candidate.matchAll(/\d(?!\d)/g), ({ index }) => index + 1);
  for (const end of ends.reverse().slice(0, maxEnds)) {
    const number = candidate.slice(0, end);
    const digits = number.replaceAll(/\D/g, "").length;
    if (digits >= 7 && digits <= 17 && isPhone(number)) return end;
  }
  return 0;
}

/** The plans of all countries, loaded where telephone numbers are looked for. */
function loadPlans(): typeof import("libphonenumber-js/max") {
  return createRequire(import.meta.url)("libphonenumber-js/max");
}
