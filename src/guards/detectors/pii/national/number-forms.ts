import { digitsOf, isDay, mod1110Holds, verhoeffHolds, weightedSum } from "./check-digits.ts";

/** How the identity numbers of a country are written that have digits only. */
export interface NumberForm {
  readonly kind:
    | "BR_CPF"
    | "DE_TAX_ID"
    | "FR_NIR"
    | "IN_AADHAAR"
    | "NL_BSN"
    | "PL_PESEL"
    | "US_SSN";
  readonly digits: number;
  /** How people group them. */
  readonly grouped: RegExp;
  /** Words of which one must be near a number in one piece. Absent: it counts without. */
  readonly near?: RegExp;
  /** Whether the check digits hold, and the rest can be. */
  readonly holds: (digits: readonly number[]) => boolean;
}

/** By their issuers' rules: the check digits, and what dates and areas there can be. */
export const numberForms: readonly NumberForm[] = [
  {
    kind: "DE_TAX_ID",
    digits: 11,
    grouped: /^\d\d[ /.-]\d{3}[ /.-]\d{3}[ /.-]\d{3}$/,
    holds: (digits) => digits[0] !== 0 && repeatsOneDigit(digits) && mod1110Holds(digits),
  },
  {
    kind: "BR_CPF",
    digits: 11,
    grouped: /^\d{3}[. ]\d{3}[. ]\d{3}[-./ ]\d\d$/,
    holds: cpfHolds,
  },
  {
    kind: "PL_PESEL",
    digits: 11,
    grouped: /^\d{6}[ -]\d{5}$/,
    near: /pesel|identity|identyfikac|ewidenc|obywatel|national|\bid\b|osob|urodz/i,
    holds: peselHolds,
  },
  {
    kind: "FR_NIR",
    digits: 15,
    grouped: /^\d[ .-]\d\d[ .-]\d\d[ .-]\d\d[ .-]\d{3}[ .-]\d{3}[ .-]\d\d$/,
    holds: nirHolds,
  },
  {
    kind: "US_SSN",
    digits: 9,
    grouped: /^\d{3}([ -])\d\d\1\d{4}$/,
    near: /\bssn\b|social|soc\.? ?sec|\btax ?(?:payer)?\b|\bitin\b/i,
    holds: ssnHolds,
  },
  {
    kind: "NL_BSN",
    digits: 9,
    grouped: /^\d{4}\.\d\d\.\d{3}$/,
    near: /\bbsn\b|burgerservice|sofi|persoonsnummer|citizen service/i,
    holds: (digits) => digits.some((digit) => digit > 0) && bsnSum(digits) % 11 === 0,
  },
  {
    kind: "IN_AADHAAR",
    digits: 12,
    grouped: /^\d{4}([ -])\d{4}\1\d{4}$/,
    near: /aadha+r|adha+r|\buid(?:ai)?\b|आधार/i,
    holds: (digits) => (digits[0] ?? 0) > 1 && verhoeffHolds(digits),
  },
];

/** Of the first ten digits exactly one occurs twice or three times. */
function repeatsOneDigit(digits: readonly number[]): boolean {
  const counts = new Array<number>(10).fill(0);
  for (const digit of digits.slice(0, 10)) counts[digit] = (counts[digit] ?? 0) + 1;
  const repeated = counts.filter((count) => count > 1);
  return repeated.length === 1 && (repeated[0] ?? 0) <= 3;
}

function cpfHolds(digits: readonly number[]): boolean {
  if (digits.every((digit) => digit === digits[0])) return false;
  const check = (count: number) => {
    const weights = Array.from({ length: count }, (_, at) => count + 1 - at);
    const rest = (weightedSum(digits, weights) * 10) % 11;
    return rest === 10 ? 0 : rest;
  };
  return check(9) === digits[9] && check(10) === digits[10];
}

/** The month says the century too: 1 to 12, and 20, 40, 60 or 80 more. */
function peselHolds(digits: readonly number[]): boolean {
  const [, , month1 = 0, month2 = 0, day1 = 0, day2 = 0] = digits;
  const month = (month1 * 10 + month2) % 20;
  const weights = [1, 3, 7, 9, 1, 3, 7, 9, 1, 3, 1];
  return isDay(month, day1 * 10 + day2) && weightedSum(digits, weights) % 10 === 0;
}

/** The last two digits complete the others to a multiple of 97. */
function nirHolds(digits: readonly number[]): boolean {
  const [sex = 0, , , month1 = 0, month2 = 0] = digits;
  const month = month1 * 10 + month2;
  if (sex < 1 || sex > 4 || month < 1 || (month > 12 && month < 20) || month > 42) return false;
  const number = digits.slice(0, 13).reduce((all, digit) => all * 10 + digit, 0);
  return 97 - (number % 97) === (digits[13] ?? 0) * 10 + (digits[14] ?? 0);
}

/** There are no check digits: areas, groups and numbers that were never issued are none. */
function ssnHolds(digits: readonly number[]): boolean {
  const number = digits.join("");
  if (/^(?:000|666|9)/.test(number) || number.slice(3, 5) === "00") return false;
  return !number.endsWith("0000") && !wellKnown.has(number);
}

/** Printed in advertisements and examples. */
const wellKnown = new Set(["078051120", "219099999", "123456789", "111111111"]);

function bsnSum(digits: readonly number[]): number {
  return weightedSum(digits, [9, 8, 7, 6, 5, 4, 3, 2, -1]);
}

/** The digits of a number in groups. */
export function plainDigits(number: string): readonly number[] {
  return digitsOf(number.replaceAll(/\D/g, ""));
}
