import type { AttributeName } from "../../core/rules/rule-attribute.ts";
import {
  isAttributeName,
  mapAttributes,
  optionalAttributes,
} from "../../core/rules/rule-attribute.ts";

/** A node of an expression, as far as it is looked at here. */
export interface ExpressionNode {
  readonly op: string;
  /** Of `value` its value, of `id` its name, else operands: nodes, names, and lists of them. */
  readonly args: unknown;
  /** Characters before it in the expression. */
  readonly start: number;
  /** Characters before what it reads or does, as far as the library says that. */
  readonly pos: number;
  /** Characters before its end. */
  readonly end: number;
  /** The whole expression. */
  readonly input: string;
}

/** Whether a value is a node. */
export function isNode(value: unknown): value is ExpressionNode {
  return typeof value === "object" && value !== null && "op" in value && "args" in value;
}

/** The operands of a node that are nodes themselves, in order. */
export function operandsOf({ op, args }: ExpressionNode): readonly ExpressionNode[] {
  return op === "value" ? [] : [args].flat(Number.POSITIVE_INFINITY).filter(isNode);
}

/** The operand of a node at a place; undefined where no node stands there. */
export function operandAt({ args }: ExpressionNode, at: number): ExpressionNode | undefined {
  const operand: unknown = Array.isArray(args) ? args[at] : undefined;
  return isNode(operand) ? operand : undefined;
}

/** The text of a node that is one; undefined for others. */
export function literalText(node: unknown): string | undefined {
  return isNode(node) && node.op === "value" && typeof node.args === "string"
    ? node.args
    : undefined;
}

/** The characters before the name of the method that a node calls, or before the node. */
export function placeOfName(node: ExpressionNode, name: string): number {
  const receiver = operandAt(node, 1);
  if (node.op !== "rcall" || receiver === undefined) return node.pos;
  const at = node.input.indexOf(name, receiver.end);
  return at < 0 ? node.pos : at;
}

/** The attribute that a node `call.NAME` reads; undefined for other nodes. */
export function attributeOf(node: ExpressionNode | undefined): AttributeName | undefined {
  const name = node === undefined ? undefined : memberOf(node);
  return name !== undefined && isAttributeName(name) ? name : undefined;
}

/** NAME of a node `call.NAME`, whether there is such an attribute or not. */
export function memberOf(node: ExpressionNode): string | undefined {
  if (node.op !== "." || !isCall(operandAt(node, 0)) || !Array.isArray(node.args)) return undefined;
  const name: unknown = node.args[1];
  return typeof name === "string" ? name : undefined;
}

/** Whether a node is `call` itself. */
export function isCall(node: ExpressionNode | undefined): boolean {
  return node?.op === "id" && node.args === "call";
}

/** The map attribute that a node reads a key of, and the key where it is written out. */
export function keyOf(node: ExpressionNode): MapKey | undefined {
  if (node.op === "in") {
    const map = attributeOf(operandAt(node, 1));
    const left = operandAt(node, 0);
    return isMap(map) ? { map, key: literalText(left), at: left?.start ?? node.pos } : undefined;
  }
  if ((node.op !== "." && node.op !== "[]") || !Array.isArray(node.args)) return undefined;
  const map = attributeOf(operandAt(node, 0));
  if (!isMap(map)) return undefined;
  const key: unknown = node.args[1];
  if (typeof key === "string") return { map, key, at: node.pos };
  return { map, key: literalText(key), at: isNode(key) ? key.start : node.pos };
}

/** A key of a map that an expression reads. */
interface MapKey {
  readonly map: AttributeName;
  /** Undefined: it is computed. */
  readonly key: string | undefined;
  /** The characters before it. */
  readonly at: number;
}

function isMap(name: AttributeName | undefined): name is AttributeName {
  return name !== undefined && mapAttributes.has(name);
}

/** The parts that must all hold for an expression to hold. */
export function conjunctsOf(node: ExpressionNode): readonly ExpressionNode[] {
  return node.op === "&&" ? operandsOf(node).flatMap(conjunctsOf) : [node];
}

/** What a call must have for an expression to be computed. */
export interface Need {
  readonly attribute: AttributeName;
  /** A key of the attribute. Absent: the attribute itself. */
  readonly key?: string;
}

/** What is read of a call whatever else is true of it, and may be absent. */
export function needsOf(root: ExpressionNode): readonly Need[] {
  return conjunctsOf(root).flatMap(strictNeeds);
}

function strictNeeds(node: ExpressionNode): readonly Need[] {
  if (!strict.has(node.op) || (node.op === "call" && isHas(node))) return [];
  const attribute = attributeOf(node);
  if (attribute !== undefined) return optionalAttributes.has(attribute) ? [{ attribute }] : [];
  const keyed = node.op === "in" ? undefined : keyOf(node);
  if (keyed?.key !== undefined) return [{ attribute: keyed.map, key: keyed.key }];
  if (node.op !== "rcall") return operandsOf(node).flatMap(strictNeeds);
  // What stands in the arguments of a macro is computed for elements, if there are any.
  const receiver = operandAt(node, 1);
  return receiver === undefined ? [] : strictNeeds(receiver);
}

function isHas({ args }: ExpressionNode): boolean {
  return Array.isArray(args) && args[0] === "has";
}

/** Operators that compute all of their operands. */
const strict: ReadonlySet<string> = new Set(
  "== != < <= > >= + - * / % in !_ -_ . [] call rcall list".split(" "),
);
