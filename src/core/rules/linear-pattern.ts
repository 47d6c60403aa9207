import {
  isWord,
  type ParsedPattern,
  PatternFault,
  type PatternNode,
  parsePattern,
} from "./pattern-syntax.ts";

/** Whether a pattern occurs in a text. Takes time linear in the text. */
export type LinearPattern = (text: string) => boolean;

/** Longest pattern, in characters. */
const maxLength = 500;

/** Most steps that a pattern is compiled to; a character of a text costs as many at most. */
const maxSteps = 300;

/** Compiles a pattern of RE2's syntax as `matches` of CEL takes it. Throws PatternFault. */
export function compilePattern(pattern: string): LinearPattern {
  if (pattern.length > maxLength)
    throw new PatternFault(`a pattern may have ${maxLength} characters`, 0);
  const parsed = parsePattern(pattern);
  const native = nativePattern(pattern, parsed);
  if (native !== undefined) return (text) => native.test(text);
  const program: Program = { steps: [], emitted: 0 };
  emit(program, withoutLead(parsed.root));
  push(program, { kind: "match" });
  const { steps } = program;
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

/** The steps of an automaton, and how many nodes they were made of. */
interface Program {
  readonly steps: Step[];
  emitted: number;
}

/** A step of the automaton; `next` and `other` are places of steps. */
type Step =
  | { readonly kind: "character"; readonly fits: (code: number) => boolean }
  | { readonly kind: "assertion"; readonly at: Assertion }
  | { readonly kind: "split"; next: number; other: number }
  | { readonly kind: "jump"; next: number }
  | { readonly kind: "match" };

type TakesCharacter = { readonly kind: "character" | "match" };

type Assertion = Extract<PatternNode, { readonly kind: "assertion" }>["at"];

function push(program: Program, step: Step): void {
  if (program.steps.length >= maxSteps) throw tooLarge();
  program.steps.push(step);
}

function emit(program: Program, node: PatternNode): void {
  program.emitted += 1;
  if (program.emitted > 10 * maxSteps) throw tooLarge();
  switch (node.kind) {
    case "character":
    case "assertion":
      push(program, node);
      return;
    case "sequence":
      for (const one of node.nodes) emit(program, one);
      return;
    case "choice":
      emitChoice(program, node.nodes);
      return;
    case "repeat":
      emitRepeat(program, node);
  }
}

function emitChoice(program: Program, nodes: readonly PatternNode[]): void {
  const jumps: { next: number }[] = [];
  for (const [at, node] of nodes.entries()) {
    if (at === nodes.length - 1) {
      emit(program, node);
      break;
    }
    const split = { kind: "split" as const, next: program.steps.length + 1, other: 0 };
    push(program, split);
    emit(program, node);
    const jump = { kind: "jump" as const, next: 0 };
    push(program, jump);
    jumps.push(jump);
    split.other = program.steps.length;
  }
  for (const jump of jumps) jump.next = program.steps.length;
}

function emitRepeat(
  program: Program,
  { node, min, max }: Extract<PatternNode, { readonly kind: "repeat" }>,
): void {
  for (let count = 0; count < min; count += 1) emit(program, node);
  if (max === Number.POSITIVE_INFINITY) {
    const start = program.steps.length;
    const split = { kind: "split" as const, next: start + 1, other: 0 };
    push(program, split);
    emit(program, node);
    push(program, { kind: "jump", next: start });
    split.other = program.steps.length;
    return;
  }
  const splits: { other: number }[] = [];
  for (let count = min; count < max; count += 1) {
    const split = { kind: "split" as const, next: program.steps.length + 1, other: 0 };
    push(program, split);
    splits.push(split);
    emit(program, node);
  }
  for (const split of splits) split.other = program.steps.length;
}

function tooLarge(): PatternFault {
  return new PatternFault("the pattern is too large when its repetitions are counted out", 0);
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

function asserts(text: string, at: number, what: Assertion): boolean {
  if (what === "start") return at === 0;
  if (what === "end") return at === text.length;
  const before = at > 0 && isWord(text.charCodeAt(at - 1));
  const after = at < text.length && isWord(text.charCodeAt(at));
  return (before !== after) === (what === "boundary");
}
