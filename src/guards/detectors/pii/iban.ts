import type { Form } from "../form-detector.ts";

/** How long the numbers of each country are, by the registry of SWIFT (release 99). */
const lengths: Readonly<Record<string, number>> = {
  ...{ AD: 24, AE: 23, AL: 28, AT: 20, AZ: 28, BA: 20, BE: 16, BG: 22, BH: 22, BI: 27, BR: 29 },
  ...{ BY: 28, CH: 21, CR: 22, CY: 28, CZ: 24, DE: 22, DJ: 27, DK: 18, DO: 28, EE: 20, EG: 29 },
  ...{ ES: 24, FI: 18, FK: 18, FO: 18, FR: 27, GB: 22, GE: 22, GI: 23, GL: 18, GR: 27, GT: 28 },
  ...{ HN: 28, HR: 21, HU: 28, IE: 22, IL: 23, IQ: 23, IS: 26, IT: 27, JO: 30, KW: 30, KZ: 20 },
  ...{ LB: 28, LC: 32, LI: 21, LT: 20, LU: 20, LV: 21, LY: 25, MC: 27, MD: 24, ME: 22, MK: 19 },
  ...{ MN: 20, MR: 27, MT: 31, MU: 30, NI: 28, NL: 18, NO: 15, OM: 23, PK: 24, PL: 28, PS: 29 },
  ...{ PT: 25, QA: 29, RO: 24, RS: 22, RU: 33, SA: 24, SC: 31, SD: 18, SE: 24, SI: 19, SK: 24 },
  ...{ SM: 27, SO: 23, ST: 25, SV: 28, TL: 23, TN: 24, TR: 26, UA: 29, VA: 22, VG: 24, XK: 20 },
  YE: 30,
};

/**
 * International bank account numbers (ISO 13616) with the length of their country and the right
 * check digits, in one piece or in groups, in any case.
 */
export const ibanForm: Form = {
  kind: "IBAN",
  pattern: /(?<![A-Za-z0-9])[A-Z]{2}\d\d(?:[ .-]?[A-Z0-9]){11,30}/gi,
  accepts: ibanLength,
  open: /(?<![A-Za-z0-9])[A-Z](?:[A-Z](?:\d(?:\d(?:[ .-]?[A-Z0-9]){0,30}[ .-]?)?)?)?$/i,
  maxLength: 68,
  lookBehind: 1,
};

function ibanLength(candidate: string, text: string, start: number): number {
  const length = lengths[candidate.slice(0, 2).toUpperCase()] ?? 0;
  let [number, end] = ["", 0];
  for (; end < candidate.length && number.length < length; end += 1) {
    const char = candidate.charAt(end);
    if (/[A-Z0-9]/i.test(char)) number += char.toUpperCase();
  }
  if (length === 0 || number.length < length) return 0;
  if (/[A-Za-z0-9]/.test(text.charAt(start + end))) return 0;
  return remainder97(number.slice(4) + number.slice(0, 4)) === 1 ? end : 0;
}

/** What division by 97 leaves of a number whose letters count from A, which is 10, to Z. */
function remainder97(number: string): number {
  let remainder = 0;
  for (let at = 0; at < number.length; at += 1) {
    const digit = Number.parseInt(number.charAt(at), 36);
    remainder = (remainder * (digit > 9 ? 100 : 10) + digit) % 97;
  }
  return remainder;
}
