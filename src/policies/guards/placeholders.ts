import type { Detector, Finding } from "../../core/guard/detector.ts";

/** What a placeholder looks like, such as `[EMAIL_1]`. */
const form = /\[[A-Z][A-Z0-9_]*_[0-9]+\]/g;

/** No placeholder is longer: a kind has at most 64 characters. */
const maxLength = 80;

/**
 * Stands in for what was taken out of one request. The same text has the same placeholder, and
 * numbers go by the order of the texts, so that a conversation that grows keeps those that it has.
 */
export class Placeholders {
  readonly #byText = new Map<string, string>();
  readonly #texts = new Map<string, string>();
  readonly #counts = new Map<string, number>();
  readonly #taken = new Set<string>();

  /** Notes what looks like placeholders in a text of the caller's: those are no names of ours. */
  reserve(text: string): void {
    if (!text.includes("[")) return;
    for (const [found] of text.matchAll(form)) if (!this.#texts.has(found)) this.#taken.add(found);
  }

  /** The placeholder of a text of a kind. */
  of(kind: string, text: string): string {
    const key = `${kind} ${text}`;
    const known = this.#byText.get(key);
    if (known !== undefined) return known;
    let placeholder: string;
    let count = this.#counts.get(kind) ?? 0;
    do {
      count += 1;
      placeholder = `[${kind}_${count}]`;
    } while (this.#taken.has(placeholder));
    this.#counts.set(kind, count);
    this.#byText.set(key, placeholder);
    this.#texts.set(placeholder, text);
    return placeholder;
  }

  /** Whether none stands for anything. */
  get empty(): boolean {
    return this.#texts.size === 0;
  }

  /** The text that a placeholder stands for; itself where it stands for none. */
  textOf(placeholder: string): string {
    return this.#texts.get(placeholder) ?? placeholder;
  }

  /** Finds its placeholders in answers. */
  readonly detector: Detector = {
    find: (text, from = 0) => {
      if (!text.includes("[", from)) return [];
      const found: Finding[] = [];
      for (const match of text.matchAll(form))
        if (match.index >= from && this.#texts.has(match[0]))
          found.push({ start: match.index, end: match.index + match[0].length, kind: "" });
      return found;
    },
    openFrom: (text, from = 0) => {
      const open = text.lastIndexOf("[");
      const isOpen =
        open >= Math.max(from, text.length - maxLength) && /^\[[A-Z0-9_]*$/.test(text.slice(open));
      return isOpen ? open : text.length;
    },
    lookBehind: 0,
  };
}
