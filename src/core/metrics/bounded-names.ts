import { OTHER } from "./metrics.ts";

/** Names that the config has, and that it does not have, of each kind. */
const maxKnown = 1_000;
const maxStrangers = 200;

/**
 * Keeps the values of a label within bounds: the first thousand names of the config, the first two
 * hundred others, and `_other` for all that come later.
 */
export class BoundedNames {
  readonly #names = new Set<string>();
  #strangers = 0;

  /** The name itself, or `_other`. `isKnown` says whether the config has it; asked only once. */
  of(name: string, isKnown: (name: string) => boolean): string {
    if (this.#names.has(name)) return name;
    if (isKnown(name)) {
      if (this.#names.size - this.#strangers >= maxKnown) return OTHER;
    } else {
      if (this.#strangers >= maxStrangers) return OTHER;
      this.#strangers += 1;
    }
    this.#names.add(name);
    return name;
  }
}
