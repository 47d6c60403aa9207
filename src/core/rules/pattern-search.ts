import { leadOf, type PatternLead } from "./pattern-lead.ts";
import { type Assertion, asserts, compileSteps, type Step } from "./pattern-steps.ts";
import { PatternFault, parsePattern } from "./pattern-syntax.ts";

/** Says where a pattern occurs in texts. */
export interface PatternSearch {
  /**
   * The first occurrence that begins at a place or behind it, as RE2 and Perl choose among those
   * that begin at the same place. Undefined: there is none. At most `maxMatch` characters of it are
   * found.
   */
  readonly first: (text: string, from: number) => Occurrence | undefined;
  /** The same of a text that is not over: where something begins of which the end is not there. */
  readonly firstOpen: (text: string, from: number) => Occurrence | OpenOccurrence | undefined;
}

/** Where a pattern occurs. */
export interface Occurrence {
  readonly start: number;
  readonly end: number;
  /** Up to where the text was looked at. */
  readonly looked: number;
}

/** What may be an occurrence with what follows. */
export interface OpenOccurrence {
  readonly start: number;
  readonly end: "open";
}

/** Longest pattern, in characters. */
export const maxPattern = 500;

/** Longest occurrence, in characters. */
export const maxMatch = 1000;

/** Compiles a pattern of RE2's syntax. Throws PatternFault. */
export function compileSearch(pattern: string): PatternSearch {
  if (pattern.length > maxPattern)
    throw new PatternFault(`a pattern may have ${maxPattern} characters`, 0);
  const { root } = parsePattern(pattern);
  const steps = compileSteps(root);
  const begins = beginningsOf(steps, leadOf(root));
  const search = (text: string, from: number, over: boolean) =>
    new Search(steps, begins, { text, from, over }).run();
  return {
    first: (text, from) => {
      const found = search(text, from, true);
      return found?.end === "open" ? undefined : found;
    },
    firstOpen: (text, from) => search(text, from, false),
  };
}

/** Says which characters an occurrence may begin with. */
interface Beginnings {
  /** 1 for those of ASCII that it may begin with. */
  readonly ascii: Uint8Array;
  readonly beyond: (code: number) => boolean;
  readonly lead: PatternLead | undefined;
}

/** Undefined: an occurrence may be empty. */
function beginningsOf(
  steps: readonly Step[],
  lead: PatternLead | undefined,
): Beginnings | undefined {
  const threads = threadsFor(steps);
  const search = new Search(steps, undefined, { text: "", from: 0, over: true });
  search.add(threads, 0, 0, () => true);
  const firsts = Array.from(threads.places.subarray(0, threads.count), (place) => steps[place]);
  if (firsts.some((step) => step?.kind === "match")) return undefined;
  const fits = (code: number) =>
    firsts.some((step) => step?.kind === "character" && step.fits(code));
  const known = new Map<number, boolean>();
  const beyond = (code: number): boolean => {
    const before = known.get(code);
    if (before !== undefined) return before;
    const found = fits(code);
    known.set(code, found);
    return found;
  };
  const ascii = Uint8Array.from({ length: 128 }, (_, code) => Number(fits(code)));
  return { ascii, beyond, lead };
}

/** Ways through a pattern, those that are preferred first: the next step of each and its start. */
interface Threads {
  readonly places: Int32Array;
  readonly starts: Int32Array;
  count: number;
}

function threadsFor(steps: readonly Step[]): Threads {
  return {
    places: new Int32Array(steps.length),
    starts: new Int32Array(steps.length),
    count: 0,
  };
}

interface Searched {
  readonly text: string;
  readonly from: number;
  readonly over: boolean;
}

/** One search: all ways side by side, so that no character is looked at twice. */
class Search {
  readonly #steps: readonly Step[];
  readonly #begins: Beginnings | undefined;
  readonly #searched: Searched;
  readonly #seen: Int32Array;
  readonly #waiting: number[] = [];
  #found: Occurrence | undefined;
  /** Where the first of the ways began that need what follows the text. */
  #open = Number.POSITIVE_INFINITY;

  constructor(steps: readonly Step[], begins: Beginnings | undefined, searched: Searched) {
    this.#steps = steps;
    this.#begins = begins;
    this.#searched = searched;
    this.#seen = new Int32Array(steps.length).fill(-1);
  }

  run(): Occurrence | OpenOccurrence | undefined {
    const { text, from, over } = this.#searched;
    let [now, then] = [threadsFor(this.#steps), threadsFor(this.#steps)];
    let at = from;
    while (now.count > 0 || this.#found === undefined) {
      if (now.count === 0) at = this.#passOver(at);
      if (this.#found === undefined) this.#begin(now, at);
      if (at >= text.length) break;
      const code = text.codePointAt(at) ?? 0;
      const after = at + (code > 0xffff ? 2 : 1);
      this.#advance(now, then, { at, code, after });
      [now, then] = [then, now];
      at = after;
    }
    this.#endAt(now, at);
    if (over || this.#open === Number.POSITIVE_INFINITY)
      return this.#found && { ...this.#found, looked: at };
    return { start: Math.min(this.#open, this.#found?.start ?? this.#open), end: "open" };
  }

  #begin(threads: Threads, at: number): void {
    this.add(threads, 0, at, (what) => this.#holds(what, at, at));
  }

  /** The next place at which an occurrence may begin. */
  #passOver(from: number): number {
    const { text } = this.#searched;
    const begins = this.#begins;
    if (begins === undefined) return from;
    const { ascii, beyond, lead } = begins;
    const first = lead === undefined ? from : this.#placeOf(lead, from);
    for (let at = first; at < text.length; at += 1) {
      const code = text.charCodeAt(at);
      // Half of a character says nothing of the whole.
      const mayBegin = code < 128 ? ascii[code] === 1 : (code & 0xf800) === 0xd800 || beyond(code);
      if (mayBegin) return at;
    }
    return text.length;
  }

  /** Where the lead stands, or at the end of a text that is not over may stand with what follows. */
  #placeOf({ expression, length }: PatternLead, from: number): number {
    const { text, over } = this.#searched;
    expression.lastIndex = from;
    if (expression.test(text)) return expression.lastIndex - length;
    return over ? text.length : Math.max(from, text.length - length + 1);
  }

  /** Goes on from each way by a character. */
  #advance(
    now: Threads,
    then: Threads,
    { at, code, after }: { readonly at: number; readonly code: number; readonly after: number },
  ): void {
    then.count = 0;
    for (let index = 0; index < now.count; index += 1) {
      const place = now.places[index] ?? 0;
      const start = now.starts[index] ?? 0;
      const step = this.#steps[place];
      if (step?.kind === "match") {
        this.#found = { start, end: at, looked: after };
        return;
      }
      if (step?.kind !== "character" || after - start > maxMatch || !step.fits(code)) continue;
      this.add(then, place + 1, after, (what) => this.#holds(what, after, start), start);
    }
  }

  /** At the end of the text: what is found, and what is open. */
  #endAt(now: Threads, at: number): void {
    const { over, text } = this.#searched;
    for (let index = 0; index < now.count && at >= text.length; index += 1) {
      const start = now.starts[index] ?? 0;
      if (this.#steps[now.places[index] ?? 0]?.kind === "match") {
        this.#found = { start, end: at, looked: at };
        return;
      }
      if (!over) this.#open = Math.min(this.#open, start);
    }
  }

  #holds(what: Assertion, at: number, start: number): boolean {
    const { text, over } = this.#searched;
    if (!over && at === text.length && what !== "start") {
      this.#open = Math.min(this.#open, start);
      return false;
    }
    return asserts(text, at, what);
  }

  /** Adds a way and all that branch off from it without a character. */
  add(
    threads: Threads,
    from: number,
    at: number,
    holds: (what: Assertion) => boolean,
    start = at,
  ): void {
    const waiting = this.#waiting;
    waiting.push(from);
    for (let place = waiting.pop(); place !== undefined; place = waiting.pop()) {
      if (this.#seen[place] === at) continue;
      this.#seen[place] = at;
      const step = this.#steps[place];
      if (step?.kind === "split") waiting.push(step.other, step.next);
      else if (step?.kind === "jump") waiting.push(step.next);
      else if (step?.kind === "assertion") {
        if (holds(step.at)) waiting.push(place + 1);
      } else {
        threads.places[threads.count] = place;
        threads.starts[threads.count] = start;
        threads.count += 1;
      }
    }
  }
}
