/** A pattern of RE2's syntax, taken apart. */
export type PatternNode =
  | {
      readonly kind: "character";
      readonly fits: (code: number) => boolean;
      /** All that fit, each of one unit of UTF-16. Absent: there are many. */
      readonly codes?: readonly number[];
    }
  | { readonly kind: "assertion"; readonly at: "start" | "end" | "boundary" | "inside" }
  | { readonly kind: "sequence"; readonly nodes: readonly PatternNode[] }
  | { readonly kind: "choice"; readonly nodes: readonly PatternNode[] }
  | {
      readonly kind: "repeat";
      readonly node: PatternNode;
      readonly min: number;
      readonly max: number;
      /** Whether it takes as few as it can, which matters where the end of a match counts. */
      readonly lazy: boolean;
    };

/** What is wrong with a pattern, and how many characters before it. */
export class PatternFault extends Error {
  readonly at: number;

  constructor(message: string, at: number) {
    super(message);
    this.at = at;
  }
}

/** Most repetitions that a pattern may count. */
const maxCount = 100;

/** Deepest nesting of groups. */
const maxDepth = 32;

/**
 * Reads a pattern: characters, `.`, classes, groups, alternatives, `* + ? {m,n}`, `^ $ \b \B`, and
 * `(?i)` at its start. Throws PatternFault, also for what no linear matcher can do: references to
 * groups, and looking ahead or behind.
 */
export function parsePattern(pattern: string): ParsedPattern {
  const ignoreCase = pattern.startsWith("(?i)");
  const parser = new Parser(pattern, ignoreCase);
  return { root: parser.whole(), ignoreCase, plain: parser.plain };
}

/** A pattern that was read. */
export interface ParsedPattern {
  readonly root: PatternNode;
  readonly ignoreCase: boolean;
  /** Whether it has nothing that JavaScript's own patterns take for something else. */
  readonly plain: boolean;
}

class Parser {
  readonly #text: string;
  readonly #ignoreCase: boolean;
  plain = true;
  #at: number;
  #depth = 0;

  constructor(text: string, ignoreCase: boolean) {
    this.#text = text;
    this.#ignoreCase = ignoreCase;
    this.#at = ignoreCase ? 4 : 0;
  }

  whole(): PatternNode {
    const root = this.#choice();
    if (this.#at < this.#text.length) throw this.#fault("a `)` without its `(`");
    return root;
  }

  #choice(): PatternNode {
    this.#depth += 1;
    if (this.#depth > maxDepth) throw this.#fault(`groups are nested more than ${maxDepth} deep`);
    const nodes = [this.#sequence()];
    while (this.#take("|")) nodes.push(this.#sequence());
    this.#depth -= 1;
    const [only] = nodes;
    return nodes.length === 1 && only !== undefined ? only : { kind: "choice", nodes };
  }

  #sequence(): PatternNode {
    const nodes: PatternNode[] = [];
    while (this.#at < this.#text.length && !"|)".includes(this.#text[this.#at] ?? ""))
      nodes.push(this.#repeated(this.#atom()));
    return { kind: "sequence", nodes };
  }

  #repeated(node: PatternNode): PatternNode {
    const bounds = this.#bounds();
    if (bounds === undefined) return node;
    if (node.kind === "assertion") throw this.#fault("nothing stands before a repetition", -1);
    const lazy = this.#take("?");
    if (this.#bounds() !== undefined) throw this.#fault("a repetition follows a repetition", -1);
    return { kind: "repeat", node, ...bounds, lazy };
  }

  #bounds(): { readonly min: number; readonly max: number } | undefined {
    if (this.#take("*")) return { min: 0, max: Number.POSITIVE_INFINITY };
    if (this.#take("+")) return { min: 1, max: Number.POSITIVE_INFINITY };
    if (this.#take("?")) return { min: 0, max: 1 };
    const counted = /^\{(\d{1,4})(?:(,)(\d{1,4})?)?\}/.exec(
      this.#text.slice(this.#at, this.#at + 12),
    );
    if (counted === null) return undefined;
    const [all, from, comma, to] = counted;
    const min = Number(from);
    const max =
      comma === undefined ? min : to === undefined ? Number.POSITIVE_INFINITY : Number(to);
    if (min > maxCount || (Number.isFinite(max) && max > maxCount))
      throw this.#fault(`a repetition counts beyond ${maxCount}`);
    if (max < min) throw this.#fault("a repetition counts down");
    this.#at += all.length;
    return { min, max };
  }

  #atom(): PatternNode {
    const at = this.#at;
    const char = this.#next();
    switch (char) {
      case "(":
        return this.#group(at);
      case "[":
        return this.#class(at);
      case ".":
        this.plain = false;
        return { kind: "character", fits: (code) => code !== NEWLINE };
      case "^":
        return { kind: "assertion", at: "start" };
      case "$":
        return { kind: "assertion", at: "end" };
      case "\\":
        return this.#escape(at);
      case "*":
      case "+":
      case "?":
        throw this.#fault("nothing stands before a repetition", -1);
      default:
        return this.#literal(char);
    }
  }

  #group(at: number): PatternNode {
    if (this.#text.startsWith("?", this.#at)) {
      const head = /^\?(?::|P?<[A-Za-z_]\w*>)/.exec(this.#text.slice(this.#at, this.#at + 64));
      if (head === null)
        throw new PatternFault(
          "only (...), (?:...) and (?<name>...) are groups here: looking ahead or behind cannot be done in linear time, and (?i) stands at the start",
          at,
        );
      this.#at += head[0].length;
    }
    const node = this.#choice();
    if (!this.#take(")")) throw new PatternFault("a `(` without its `)`", at);
    return node;
  }

  #class(at: number): PatternNode {
    const negated = this.#take("^");
    const tests: ((code: number) => boolean)[] = [];
    for (let first = true; first || this.#text[this.#at] !== "]"; first = false) {
      if (this.#at >= this.#text.length) throw new PatternFault("a `[` without its `]`", at);
      tests.push(this.#range(at));
    }
    this.#at += 1;
    const inside = this.#folding((code) => tests.some((test) => test(code)));
    return { kind: "character", fits: negated ? (code) => !inside(code) : inside };
  }

  #range(at: number): (code: number) => boolean {
    const low = this.#classMember();
    if (typeof low === "function") return low;
    const follows = this.#text[this.#at + 1];
    if (this.#text[this.#at] !== "-" || follows === undefined || follows === "]")
      return (code) => code === low;
    this.#at += 1;
    const high = this.#classMember();
    if (typeof high === "function" || high < low)
      throw new PatternFault("a range of a class goes down", at);
    return (code) => code >= low && code <= high;
  }

  #classMember(): number | ((code: number) => boolean) {
    const at = this.#at;
    const char = this.#next();
    if (char !== "\\") return char.codePointAt(0) ?? 0;
    const escaped = this.#next();
    return this.#named(escaped) ?? this.#escapedCode(escaped, at);
  }

  #escape(at: number): PatternNode {
    const escaped = this.#next();
    if (escaped === "b") return { kind: "assertion", at: "boundary" };
    if (escaped === "B") return { kind: "assertion", at: "inside" };
    if (escaped === "A") return { kind: "assertion", at: "start" };
    if (escaped === "z") return { kind: "assertion", at: "end" };
    const named = this.#named(escaped);
    if (named !== undefined) return { kind: "character", fits: named };
    return this.#literal(String.fromCodePoint(this.#escapedCode(escaped, at)));
  }

  /** JavaScript's words and white space go beyond ASCII. */
  #named(escaped: string): ((code: number) => boolean) | undefined {
    const named = classes[escaped];
    if (named !== undefined && escaped !== "d" && escaped !== "D") this.plain = false;
    return named;
  }

  #escapedCode(escaped: string, at: number): number {
    const control = controls[escaped];
    if (control !== undefined) return control;
    if (/^[0-9k]$/.test(escaped))
      throw new PatternFault("references to groups cannot be done in linear time", at);
    if (escaped === "" || /^[A-Za-z]$/.test(escaped))
      throw new PatternFault(`there is no escape \\${escaped}`, at);
    return escaped.codePointAt(0) ?? 0;
  }

  #literal(char: string): PatternNode {
    const code = char.codePointAt(0) ?? 0;
    const fits = this.#folding((other) => other === code);
    if (code > 0xffff || (code > 0x7f && this.#ignoreCase)) return { kind: "character", fits };
    const codes = this.#ignoreCase ? [...ascii, ...foldedToAscii].filter(fits) : [code];
    return { kind: "character", fits, codes };
  }

  #folding(fits: (code: number) => boolean): (code: number) => boolean {
    if (!this.#ignoreCase) return fits;
    return (code) => {
      if (fits(code)) return true;
      const char = String.fromCodePoint(code);
      const [lower, upper] = [char.toLowerCase(), char.toUpperCase()];
      return fits(lower.codePointAt(0) ?? 0) || fits(upper.codePointAt(0) ?? 0);
    };
  }

  #next(): string {
    const code = this.#text.codePointAt(this.#at);
    if (code === undefined) return "";
    const char = String.fromCodePoint(code);
    this.#at += char.length;
    return char;
  }

  #take(char: string): boolean {
    if (this.#text[this.#at] !== char) return false;
    this.#at += 1;
    return true;
  }

  #fault(message: string, shift = 0): PatternFault {
    return new PatternFault(message, Math.max(0, this.#at + shift));
  }
}

const NEWLINE = 0x0a;

const ascii = Array.from({ length: 128 }, (_, code) => code);

/** What lies beyond ASCII and becomes a letter of it, or begins with one, in another case. */
const foldedToAscii = Array.from(
  "\u00df\u0130\u0131\u01f0\u017f\u1e96\u1e97\u1e98\u1e99\u1e9a\u212a\ufb00\ufb01\ufb02\ufb03\ufb04\ufb05\ufb06",
  (char) => char.charCodeAt(0),
);

/** Whether a character is a letter, a digit or an underscore of ASCII. */
export function isWord(code: number): boolean {
  return (
    (code >= 0x30 && code <= 0x39) ||
    (code >= 0x41 && code <= 0x5a) ||
    code === 0x5f ||
    (code >= 0x61 && code <= 0x7a)
  );
}

function isDigit(code: number): boolean {
  return code >= 0x30 && code <= 0x39;
}

function isSpace(code: number): boolean {
  return code === 0x20 || (code >= 0x09 && code <= 0x0d);
}

const classes: Readonly<Record<string, (code: number) => boolean>> = {
  d: isDigit,
  D: (code) => !isDigit(code),
  w: isWord,
  W: (code) => !isWord(code),
  s: isSpace,
  S: (code) => !isSpace(code),
};

const controls: Readonly<Record<string, number>> = {
  n: NEWLINE,
  r: 0x0d,
  t: 0x09,
  f: 0x0c,
  v: 0x0b,
};
