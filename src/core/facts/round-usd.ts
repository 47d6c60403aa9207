/** Digits behind the point that a nano-USD has. */
const nanoDigits = 9;

/**
 * Dollars as a decimal text of any length, with or without an exponent, in whole nano-USD, rounded
 * half up. Digit by digit, so that no value passes through a floating point number. Undefined where
 * the text is no number above or equal to 0, or has more than 30 digits before the point.
 */
export function roundUsd(text: string): bigint | undefined {
  const match = /^\+?(\d*)(?:\.(\d*))?(?:[eE]([+-]?\d{1,3}))?$/.exec(text.trim());
  if (match === null) return undefined;
  const [, whole = "", fraction = "", exponent = "0"] = match;
  if (whole + fraction === "") return undefined;
  const digits = (whole + fraction).replace(/^0+(?=\d)/, "");
  // How many of the digits are whole nano-USD.
  const kept = digits.length - fraction.length + Number(exponent) + nanoDigits;
  if (kept > 39) return /^0+$/.test(digits) ? 0n : undefined;
  if (kept < 0) return 0n;
  const nano = BigInt(digits.slice(0, kept).padEnd(kept, "0") || "0");
  return (digits[kept] ?? "0") >= "5" ? nano + 1n : nano;
}
