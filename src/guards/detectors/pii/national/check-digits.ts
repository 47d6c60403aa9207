/** The digits of a number as numbers. */
export function digitsOf(number: string): readonly number[] {
  return Array.from(number, (digit) => digit.charCodeAt(0) - 0x30);
}

/** The sum of digits, each times its weight. */
export function weightedSum(digits: readonly number[], weights: readonly number[]): number {
  return weights.reduce((sum, weight, at) => sum + weight * (digits[at] ?? 0), 0);
}

/** Whether the last digit is the check digit of the others by ISO 7064, MOD 11,10. */
export function mod1110Holds(digits: readonly number[]): boolean {
  let product = 10;
  for (const digit of digits.slice(0, -1)) {
    const sum = (digit + product) % 10;
    product = ((sum === 0 ? 10 : sum) * 2) % 11;
  }
  return (11 - product) % 10 === digits.at(-1);
}

const dihedral = [
  "0123456789",
  "1234067895",
  "2340178956",
  "3401289567",
  "4012395678",
  "5987604321",
  "6598710432",
  "7659821043",
  "8765932104",
  "9876543210",
].map(digitsOf);

const permutations = [
  "0123456789",
  "1576283094",
  "5803796142",
  "8916043527",
  "9453126870",
  "4286573901",
  "2793806415",
  "7046913258",
].map(digitsOf);

/** Whether the last digit is the check digit of the others by Verhoeff's scheme. */
export function verhoeffHolds(digits: readonly number[]): boolean {
  let check = 0;
  for (const [at, digit] of digits.toReversed().entries())
    check = dihedral[check]?.[permutations[at % 8]?.[digit] ?? 0] ?? 0;
  return check === 0;
}

/** Whether two digits of a month and two of a day can be those of a date. */
export function isDay(month: number, day: number): boolean {
  return month >= 1 && month <= 12 && day >= 1 && day <= (days[month - 1] ?? 31);
}

const days = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
