import { seededRandom } from "../../seeded-random.ts";

/** Draws what a seed decides. */
export interface Draw {
  /** A whole number from 0 up to but not including a bound. */
  readonly below: (bound: number) => number;
  readonly one: <Item>(items: readonly Item[]) => Item;
  /** Each `#` is a digit, each `@` a capital letter, each `?` a small one; all else is as it is. */
  readonly filled: (form: string) => string;
  /** So many characters of an alphabet. */
  readonly word: (alphabet: string, length: number) => string;
}

const capitals = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";

/** Draws by a seed. */
export function drawBy(seed: number): Draw {
  const random = seededRandom(seed);
  const below = (bound: number) => Math.floor(random() * bound);
  const one = <Item>(items: readonly Item[]): Item => {
    const item = items[below(items.length)];
    if (item === undefined) throw new Error("there is nothing to draw from");
    return item;
  };
  const word = (alphabet: string, length: number) =>
    Array.from({ length }, () => alphabet.charAt(below(alphabet.length))).join("");
  const filled = (form: string) =>
    form.replaceAll(/[#@?]/g, (sign) => {
      if (sign === "#") return String(below(10));
      return sign === "@" ? word(capitals, 1) : word(capitals.toLowerCase(), 1);
    });
  return { below, one, filled, word };
}

/** Letters of both cases and digits. */
export const base62 = `${capitals}${capitals.toLowerCase()}0123456789`;
export const hex = "0123456789abcdef";
export const base64Url = `${base62}-_`;
