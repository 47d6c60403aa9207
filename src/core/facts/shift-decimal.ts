/**
 * A decimal number, with or without an exponent, times ten to a power, digit by digit: a price for
 * one token times 10^6 is that for a million. Undefined where the text is no number above or equal
 * to 0, or has more than 9 digits on either side of the point.
 */
export function shiftDecimal(text: string, power: number): string | undefined {
  const match = /^\+?(\d*)(?:\.(\d*))?(?:[eE]([+-]?\d{1,3}))?$/.exec(
    text.trim().replaceAll("_", ""),
  );
  if (match === null) return undefined;
  const [, whole = "", fraction = "", exponent = "0"] = match;
  if (whole + fraction === "") return undefined;
  const point = whole.length + Number(exponent) + power;
  const digits = whole + fraction;
  const padded = point < 0 ? "0".repeat(-point) + digits : digits.padEnd(Math.max(point, 0), "0");
  const at = Math.max(point, 0);
  const before = padded.slice(0, at).replace(/^0+/, "") || "0";
  const after = padded.slice(at).replace(/0+$/, "");
  if (before.length > 9 || after.length > 9) return undefined;
  return after === "" ? before : `${before}.${after}`;
}
