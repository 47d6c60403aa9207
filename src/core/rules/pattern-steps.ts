import { isWord, PatternFault, type PatternNode } from "./pattern-syntax.ts";

/** Most steps that a pattern is compiled to; a character of a text costs as many at most. */
const maxSteps = 300;

/** A step of the automaton; `next` and `other` are places of steps, of which `next` goes first. */
export type Step =
  | { readonly kind: "character"; readonly fits: (code: number) => boolean }
  | { readonly kind: "assertion"; readonly at: Assertion }
  | { readonly kind: "split"; next: number; other: number }
  | { readonly kind: "jump"; next: number }
  | { readonly kind: "match" };

/** What holds at a place of a text. */
export type Assertion = Extract<PatternNode, { readonly kind: "assertion" }>["at"];

/** Compiles a pattern to the steps of an automaton. Throws PatternFault where there are too many. */
export function compileSteps(root: PatternNode): readonly Step[] {
  const program: Program = { steps: [], emitted: 0 };
  emit(program, root);
  push(program, { kind: "match" });
  return program.steps;
}

/** Whether an assertion holds at a place of a text. */
export function asserts(text: string, at: number, what: Assertion): boolean {
  if (what === "start") return at === 0;
  if (what === "end") return at === text.length;
  const before = at > 0 && isWord(text.charCodeAt(at - 1));
  const after = at < text.length && isWord(text.charCodeAt(at));
  return (before !== after) === (what === "boundary");
}

/** The steps of an automaton, and how many nodes they were made of. */
interface Program {
  readonly steps: Step[];
  emitted: number;
}

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
  { node, min, max, lazy }: Extract<PatternNode, { readonly kind: "repeat" }>,
): void {
  for (let count = 0; count < min; count += 1) emit(program, node);
  const start = program.steps.length;
  const splits: { next: number; other: number }[] = [];
  const more = max === Number.POSITIVE_INFINITY ? 1 : max - min;
  for (let count = 0; count < more; count += 1) {
    const split = { kind: "split" as const, next: 0, other: 0 };
    push(program, split);
    splits.push(split);
    const body = program.steps.length;
    if (lazy) split.other = body;
    else split.next = body;
    emit(program, node);
  }
  if (max === Number.POSITIVE_INFINITY) push(program, { kind: "jump", next: start });
  for (const split of splits) {
    if (lazy) split.next = program.steps.length;
    else split.other = program.steps.length;
  }
}

function tooLarge(): PatternFault {
  return new PatternFault("the pattern is too large when its repetitions are counted out", 0);
}
