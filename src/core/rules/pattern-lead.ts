import type { PatternNode } from "./pattern-syntax.ts";

/** What every occurrence of a pattern begins with. */
export interface PatternLead {
  /** Finds it: global, and in linear time. */
  readonly expression: RegExp;
  /** In characters. */
  readonly length: number;
}

/** So many characters are looked for at most. */
const maxLength = 16;

/**
 * The characters that a pattern begins with before it branches, which JavaScript's matcher finds
 * faster than an automaton. Undefined where they are fewer than two.
 */
export function leadOf(root: PatternNode): PatternLead | undefined {
  const classes: string[] = [];
  addLead(root, classes);
  if (classes.length < 2) return undefined;
  return { expression: new RegExp(classes.join(""), "g"), length: classes.length };
}

/** Adds what a node begins with; true where that is all of it. */
function addLead(node: PatternNode, classes: string[]): boolean {
  if (classes.length >= maxLength) return false;
  switch (node.kind) {
    case "assertion":
      return true;
    case "character":
      if (node.codes === undefined) return false;
      classes.push(`[${node.codes.map(printCode).join("")}]`);
      return true;
    case "sequence":
      return node.nodes.every((one) => addLead(one, classes));
    case "repeat":
      for (let count = 0; count < node.min; count += 1)
        if (!addLead(node.node, classes)) return false;
      return node.min === node.max;
    case "choice":
      return false;
  }
}

function printCode(code: number): string {
  return `\\u${code.toString(16).padStart(4, "0")}`;
}
