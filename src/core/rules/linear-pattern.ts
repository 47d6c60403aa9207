import { type Assertion, asserts, compileSteps, type Step } from "./pattern-steps.ts";
import {
  type ParsedPattern,
  PatternFault,
  type PatternNode,
  parsePattern,
} from "./pattern-syntax.ts";

/** Whether a pattern occurs in a text. Takes time linear in the text. */
export type LinearPattern = (text: string) => boolean;

/** Longest pattern, in characters. */
const maxLength = 500;

/** Compiles a pattern of RE2's syntax as `matches` of CEL takes it. Throws PatternFault. */
export function compilePattern(pattern: string): LinearPattern {
  if (pattern.length > maxLength)
    throw new PatternFault(`a pattern may have ${maxLength} characters`, 0);
  const parsed = parsePattern(pattern);
  const native = nativePattern(pattern, parsed);
  if (native !== undefined) return (text) => native.test(text);
  const steps = compileSteps(withoutLead(parsed.root));
  const begins = beginnings(steps);
  return (text) => runs(steps, text, begins);
}

/** Without what an occurrence may begin with and need not: it is found where it begins later. */
function withoutLead(root: PatternNode): PatternNode {
  if (root.kind !== "sequence") return root;
  const from = root.nodes.findIndex((node) => node.kind !== "repeat" || node.min > 0);
  return { kind: "sequence", nodes: root.nodes.slice(from < 0 ? root.nodes.length : from) };
}

/** So many ways through a pattern may JavaScript's matcher try at each place of a text. */
const maxNativeWays = 64;

/**
 * JavaScript's own matcher, which goes back and tries again, for patterns that give it few ways to
 * try. Undefined: there may be many.
 */
function nativePattern(
  pattern: string,
  { root, ignoreCase, plain }: ParsedPattern,
): RegExp | undefined {
  if (!plain || waysThrough(root) > maxNativeWays) return undefined;
  try {
    return new RegExp(ignoreCase ? pattern.slice(4) : pattern, ignoreCase ? "iu" : "u");
  } catch {
    return undefined;
  }
}

function waysThrough(node: PatternNode): number {
  switch (node.kind) {
    case "character":
    case "assertion":
      return 1;
    case "sequence":
      return node.nodes.reduce((ways, one) => ways * waysThrough(one), 1);
    case "choice":
      return node.nodes.reduce((ways, one) => ways + waysThrough(one), 0);
    case "repeat":
      return Number.POSITIVE_INFINITY;
  }
}

/** All places at which the automaton may be, each once. */
interface Places {
  readonly steps: Int32Array;
  count: number;
}

/** Whether an occurrence may begin with a character, but at the start of a text. */
type Begins = (code: number) => boolean;

/** What a text may be passed over by; undefined where that would be no character. */
function beginnings(program: readonly Step[]): Begins | undefined {
  const places: Places = { steps: new Int32Array(program.length), count: 0 };
  const seen = new Int32Array(program.length).fill(-1);
  // Assertions but that of the start hold somewhere.
  if (reach({ program, seen, asserts: (what) => what !== "start" }, places, 0, 0)) return undefined;
  if (places.count === 0) return never;
  const firsts = Array.from(places.steps.subarray(0, places.count), (place) => program[place]);
  const ascii = Array.from({ length: 128 }, (_, code) =>
    firsts.some((step) => step?.kind === "character" && step.fits(code)),
  );
  if (ascii.every((begins) => begins)) return undefined;
  return (code) => code >= 128 || ascii[code] === true;
}

/** Runs all ways through the automaton side by side, so that no character is looked at twice. */
function runs(program: readonly Step[], text: string, begins: Begins | undefined): boolean {
  let now: Places = { steps: new Int32Array(program.length), count: 0 };
  let then: Places = { steps: new Int32Array(program.length), count: 0 };
  const seen = new Int32Array(program.length).fill(-1);
  const run: Run = { program, seen, asserts: (what, at) => asserts(text, at, what) };
  for (let at = 0; ; ) {
    if (begins !== undefined && now.count === 0 && at > 0) at = passOver(text, at, begins);
    if (reach(run, now, at, 0)) return true;
    const code = text.codePointAt(at);
    if (code === undefined) return false;
    const after = at + (code > 0xffff ? 2 : 1);
    if (advance(run, now, then, { code, after })) return true;
    [now, then] = [then, now];
    at = after;
  }
}

function never(): boolean {
  return false;
}

/** The place of the next character that an occurrence may begin with, or of the end. */
function passOver(text: string, from: number, begins: Begins): number {
  if (begins === never) return text.length;
  let at = from;
  while (at < text.length && !begins(text.charCodeAt(at))) at += 1;
  return at;
}

/** Goes on from each place by a character. True: the pattern is found. */
function advance(
  run: Run,
  now: Places,
  then: Places,
  { code, after }: { readonly code: number; readonly after: number },
): boolean {
  then.count = 0;
  for (let index = 0; index < now.count; index += 1) {
    const place = now.steps[index] ?? 0;
    const step = run.program[place];
    if (step?.kind === "character" && step.fits(code) && reach(run, then, after, place + 1))
      return true;
  }
  return false;
}

type TakesCharacter = { readonly kind: "character" | "match" };

interface Run {
  readonly program: readonly Step[];
  /** Whether an assertion holds at a place of the text. */
  readonly asserts: (what: Assertion, at: number) => boolean;
  /** Where in the text each step was reached last. */
  readonly seen: Int32Array;
}

/** Adds a step and all that follow it without a character. True: the pattern is found. */
function reach(run: Run, places: Places, at: number, from: number): boolean {
  const waiting = [from];
  for (let place = waiting.pop(); place !== undefined; place = waiting.pop()) {
    if (run.seen[place] === at) continue;
    run.seen[place] = at;
    const step = run.program[place];
    if (step?.kind === "match") return true;
    if (step?.kind === "character") {
      places.steps[places.count] = place;
      places.count += 1;
    } else if (step !== undefined) follow(waiting, run, at, { place, step });
  }
  return false;
}

/** Adds the steps after one that takes no character. */
function follow(
  waiting: number[],
  run: Run,
  at: number,
  { place, step }: { readonly place: number; readonly step: Exclude<Step, TakesCharacter> },
): void {
  if (step.kind === "split") waiting.push(step.other);
  if (step.kind !== "assertion") waiting.push(step.next);
  else if (run.asserts(step.at, at)) waiting.push(place + 1);
}
