import type { Form } from "../../form-detector.ts";

/** National insurance numbers; they have no check digit, and prefixes that are never issued. */
export const ukNinoForm: Form = {
  kind: "UK_NINO",
  pattern:
    /(?<![A-Za-z0-9_])(?!BG|GB|NK|KN|TN|NT|ZZ)[A-CEGHJ-PR-TW-Z][A-CEGHJ-NPR-TW-Z] ?\d\d[ -]?\d\d[ -]?\d\d ?[A-D](?![A-Za-z0-9_])/g,
  open: /(?<![A-Za-z0-9_])[A-Z](?:[A-Z](?: ?\d(?:\d(?:[ -]?\d){0,4})?)?[ -]?[A-D]?)?$/,
  maxLength: 14,
  lookBehind: 1,
};

/** Of eight digits, or of X, Y or Z and seven, the letter behind them is the check. */
export const esDniForm: Form = {
  kind: "ES_DNI",
  pattern:
    /(?<![A-Za-z0-9_]|\d[.,])(?:\d{8}|\d{1,2}\.\d{3}\.\d{3}|[XYZ][ -]?\d{7})[ -]?[A-HJ-NP-TV-Z](?![A-Za-z0-9_])/gi,
  accepts: (candidate) => (dniHolds(candidate.toUpperCase()) ? candidate.length : 0),
  open: /(?<![A-Za-z0-9_]|\d[.,])(?:\d{1,8}|\d{1,2}\.(?:\d{0,3}|\d{3}\.\d{0,3})|[XYZ][ -]?\d{0,7})[ -]?[A-Z]?$/i,
  maxLength: 12,
  lookBehind: 2,
};

function dniHolds(number: string): boolean {
  const first = "XYZ".indexOf(number.charAt(0));
  const digits = number.replaceAll(/\D/g, "");
  const value = Number(first < 0 ? digits : `${first}${digits}`);
  return "TRWAGMYFPDXBNJZSQVHLCKE".charAt(value % 23) === number.at(-1);
}

/** Tax codes of Italy; letters stand for digits where two persons would have the same. */
export const itCodiceFiscaleForm: Form = {
  kind: "IT_CODICE_FISCALE",
  pattern:
    /(?<![A-Za-z0-9_])[A-Z]{3} ?[A-Z]{3} ?[\dLMNP-V]{2}[A-EHLMPRST][\dLMNP-V]{2} ?[A-Z][\dLMNP-V]{3}[A-Z](?![A-Za-z0-9_])/gi,
  accepts: (candidate) =>
    codiceFiscaleHolds(candidate.replaceAll(" ", "").toUpperCase()) ? candidate.length : 0,
  open: /(?<![A-Za-z0-9_])[A-Z](?: ?[A-Z0-9]){0,15}$/i,
  maxLength: 19,
  lookBehind: 1,
};

/** What letters and digits in odd places count, from 0 or A on. */
const odd = [
  1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 2, 4, 18, 20, 11, 3, 6, 8, 12, 14, 16, 10, 22, 25, 24, 23,
];

function codiceFiscaleHolds(code: string): boolean {
  let sum = 0;
  for (let at = 0; at < 15; at += 1) {
    const value = Number.parseInt(code.charAt(at), 36);
    const rank = value > 9 ? value - 10 : value;
    sum += at % 2 === 0 ? (odd[rank] ?? 0) : rank;
  }
  return String.fromCharCode(0x41 + (sum % 26)) === code.charAt(15);
}

/** Social security numbers of those born in Corsica, whose department is 2A or 2B. */
export const corsicanNirForm: Form = {
  kind: "FR_NIR",
  pattern: /(?<![A-Za-z0-9_])[12] ?\d\d ?\d\d ?2[AB] ?\d{3} ?\d{3} ?\d\d(?![A-Za-z0-9_])/gi,
  accepts: (candidate) =>
    corsicanHolds(candidate.replaceAll(" ", "").toUpperCase()) ? candidate.length : 0,
  open: /(?<![A-Za-z0-9_])[12](?: ?[\dAB]){0,14} ?$/i,
  maxLength: 22,
  lookBehind: 1,
};

/** 2A counts as 19 and 2B as 18. */
function corsicanHolds(number: string): boolean {
  const digits = number.replace("2A", "19").replace("2B", "18");
  return 97 - (Number(digits.slice(0, 13)) % 97) === Number(digits.slice(13));
}
