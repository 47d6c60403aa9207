import type { CompiledCondition } from "./compile-condition.ts";
import { attributeOf, conjunctsOf, type ExpressionNode, operandAt } from "./expression-tree.ts";

/** The parts of a condition that must all hold, as they are compared with those of others. */
export interface ConditionParts {
  readonly texts: ReadonlySet<string>;
  readonly bounds: readonly Bound[];
  /** Those that have no bound. */
  readonly others: readonly string[];
}

/** An attribute on one side of a number. */
interface Bound {
  readonly attribute: string;
  readonly side: "below" | "above";
  readonly number: number;
  /** Whether the number itself is on that side. */
  readonly inclusive: boolean;
}

/** Takes a condition apart. */
export function partsOf({ root, print }: CompiledCondition): ConditionParts {
  const nodes = conjunctsOf(root);
  const bounded = nodes.map((node) => [print(node), boundOf(node)] as const);
  return {
    texts: new Set(bounded.map(([text]) => text)),
    bounds: bounded.flatMap(([, bound]) => bound ?? []),
    others: bounded.flatMap(([text, bound]) => (bound === undefined ? [text] : [])),
  };
}

/** Whether a condition never holds but where another one does. */
export function implies(one: ConditionParts, other: ConditionParts): boolean {
  return (
    other.others.every((text) => one.texts.has(text)) &&
    other.bounds.every((bound) => one.bounds.some((tighter) => isWithin(tighter, bound)))
  );
}

function isWithin(one: Bound, other: Bound): boolean {
  if (one.attribute !== other.attribute || one.side !== other.side) return false;
  if (one.number === other.number) return other.inclusive || !one.inclusive;
  return one.side === "below" ? one.number < other.number : one.number > other.number;
}

function boundOf(node: ExpressionNode): Bound | undefined {
  const side = sides[node.op];
  const [left, right] = [operandAt(node, 0), operandAt(node, 1)];
  if (side === undefined || left === undefined || right === undefined) return undefined;
  const inclusive = node.op.endsWith("=");
  const [attribute, number] = [attributeOf(left), numberOf(right)];
  if (attribute !== undefined && number !== undefined)
    return { attribute, side, number, inclusive };
  const [turned, before] = [attributeOf(right), numberOf(left)];
  if (turned === undefined || before === undefined) return undefined;
  const opposite = side === "below" ? "above" : "below";
  return { attribute: turned, side: opposite, number: before, inclusive };
}

const sides: Readonly<Record<string, Bound["side"]>> = {
  "<": "below",
  "<=": "below",
  ">": "above",
  ">=": "above",
};

function numberOf({ op, args }: ExpressionNode): number | undefined {
  if (op !== "value") return undefined;
  return typeof args === "bigint" || typeof args === "number" ? Number(args) : undefined;
}
