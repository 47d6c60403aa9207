/** Nano-USD in a dollar. */
const NANO_DIGITS = 9;

/**
 * Dollars as a decimal text, such as "0.25", in whole nano-USD. Digit by digit: no value passes
 * through a floating point number. Undefined where the text is no plain decimal number or is finer
 * than a nano-USD.
 */
export function parseUsd(text: string): bigint | undefined {
  const found = /^(\d+)(?:\.(\d+))?$/.exec(text);
  if (found === null) return undefined;
  const fraction = (found[2] ?? "").replace(/0+$/, "");
  if (fraction.length > NANO_DIGITS) return undefined;
  return BigInt((found[1] ?? "") + fraction.padEnd(NANO_DIGITS, "0"));
}

/**
 * Nano-USD as dollars: the shortest decimal text that means the same, with at least two digits
 * behind a point.
 */
export function printUsd(nanoUsd: bigint): string {
  const digits = nanoUsd.toString().padStart(NANO_DIGITS + 1, "0");
  const fraction = digits.slice(-NANO_DIGITS).replace(/0+$/, "").padEnd(2, "0");
  return `${digits.slice(0, -NANO_DIGITS)}.${fraction}`;
}
