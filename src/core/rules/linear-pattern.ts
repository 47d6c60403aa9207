import { appendAll } from "../append-all.ts";
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
const maxSteps = 1000;

/** Compiles a pattern of RE2's syntax as `matches` of CEL takes it. Throws PatternFault. */
export function compilePattern(pattern: string): LinearPattern {
  if (pattern.length > maxLength)
    throw new PatternFault(`a pattern may have ${maxLength} characters`, 0);
  const parsed = parsePattern(pattern);
  const native = nativePattern(pattern, parsed);
  if (native !== undefined) return (text) => native.test(text);
  const program: Program = { steps: [], emitted: 0 };
  emit(program, parsed.root);
  push(program, { kind: "match" });
  return (text) => runs(program.steps, text);
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
  | {
      readonly kind: "assertion";
      readonly at: Extract<PatternNode, { readonly kind: "assertion" }>["at"];
    }
  | { readonly kind: "split"; next: number; other: number }
  | { readonly kind: "jump"; next: number }
  | { readonly kind: "match" };

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

/** Runs all ways through the automaton side by side, so that no character is looked at twice. */
function runs(program: readonly Step[], text: string): boolean {
  let now: Places = { steps: new Int32Array(program.length), count: 0 };
  let then: Places = { steps: new Int32Array(program.length), count: 0 };
  const seen = new Int32Array(program.length).fill(-1);
  const run = { program, text, seen };
  for (let at = 0; ; ) {
    if (reach(run, now, at, 0)) return true;
    const code = text.codePointAt(at);
    if (code === undefined) return false;
    const after = at + (code > 0xffff ? 2 : 1);
    then.count = 0;
    for (let index = 0; index < now.count; index += 1) {
      const place = now.steps[index] ?? 0;
      const step = program[place];
      if (step?.kind === "character" && step.fits(code) && reach(run, then, after, place + 1))
        return true;
    }
    [now, then] = [then, now];
    at = after;
  }
}

interface Run {
  readonly program: readonly Step[];
  readonly text: string;
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
    } else if (step !== undefined) appendAll(waiting, following(run.text, at, place, step));
  }
  return false;
}

/** The steps after one that takes no character. */
function following(
  text: string,
  at: number,
  place: number,
  step: Exclude<Step, { readonly kind: "character" | "match" }>,
): readonly number[] {
  if (step.kind === "assertion") return asserts(text, at, step.at) ? [place + 1] : [];
  return step.kind === "split" ? [step.other, step.next] : [step.next];
}

function asserts(text: string, at: number, what: string): boolean {
  if (what === "start") return at === 0;
  if (what === "end") return at === text.length;
  const before = at > 0 && isWord(text.charCodeAt(at - 1));
  const after = at < text.length && isWord(text.charCodeAt(at));
  return (before !== after) === (what === "boundary");
}
