import { nearestName } from "../../core/names/nearest-name.ts";
import { compilePattern, type LinearPattern } from "../../core/rules/linear-pattern.ts";
import { PatternFault } from "../../core/rules/pattern-syntax.ts";
import {
  type AttributeName,
  isAttributeName,
  ruleAttributes,
} from "../../core/rules/rule-attribute.ts";
import {
  type ExpressionNode,
  isCall,
  isNode,
  keyOf,
  literalText,
  memberOf,
  operandAt,
  operandsOf,
  placeOfName,
} from "./expression-tree.ts";

/** What is wrong with an expression, and how many characters before it. */
export interface ExpressionFault {
  readonly message: string;
  readonly hint: string;
  readonly at: number;
}

/** What an expression reads and matches. */
export interface ExpressionUse {
  readonly attributes: Set<AttributeName>;
  readonly patterns: Map<string, LinearPattern>;
}

/**
 * Checks what the types do not say: that attributes exist and headers are listed, and that an
 * evaluation takes time linear in the call. Has `matches` done by a matcher of our own.
 */
export function checkExpression(
  root: ExpressionNode,
  headers: ReadonlySet<string>,
): ExpressionUse | ExpressionFault {
  const use: ExpressionUse = { attributes: new Set(), patterns: new Map() };
  const fault = findFault(root, { use, headers, inLoop: false });
  return fault ?? use;
}

interface Checking {
  readonly use: ExpressionUse;
  readonly headers: ReadonlySet<string>;
  /** Whether the node is computed for each element of a list. */
  readonly inLoop: boolean;
}

function findFault(node: ExpressionNode, checking: Checking): ExpressionFault | undefined {
  if (isCall(node))
    return faultAt(node.start, "`call` alone is no value", "read an attribute: call.NAME");
  const member = memberOf(node);
  if (member !== undefined) return useAttribute(node, member, checking);
  const own = keyFault(node, checking) ?? functionFault(node, checking);
  if (own !== undefined) return own;
  const inLoop = checking.inLoop || loops.has(functionOf(node) ?? "");
  for (const operand of operandsOf(node)) {
    const fault = findFault(operand, { ...checking, inLoop });
    if (fault !== undefined) return fault;
  }
  return undefined;
}

function useAttribute(
  node: ExpressionNode,
  name: string,
  { use }: Checking,
): ExpressionFault | undefined {
  if (!isAttributeName(name)) {
    const near = nearestName(name, Object.keys(ruleAttributes));
    const known = `known: ${Object.keys(ruleAttributes).join(", ")}`;
    const hint = near === undefined ? known : `did you mean \`call.${near}\`?`;
    return faultAt(node.pos, `call has no attribute ${name}`, hint);
  }
  use.attributes.add(name);
  return undefined;
}

function keyFault(node: ExpressionNode, { headers }: Checking): ExpressionFault | undefined {
  const keyed = keyOf(node);
  if (keyed?.map !== "headers" || keyed.key === undefined || headers.has(keyed.key))
    return undefined;
  const { key, at } = keyed;
  return headers.has(key.toLowerCase())
    ? faultAt(at, "names of headers are in lower case", `write ${key.toLowerCase()}`)
    : faultAt(at, `the header ${key} is not among rule_headers`, "list it there");
}

/** The function or method that a node calls; undefined for other nodes. */
function functionOf({ op, args }: ExpressionNode): string | undefined {
  if ((op !== "call" && op !== "rcall") || !Array.isArray(args)) return undefined;
  const name: unknown = args[0];
  return typeof name === "string" ? name : undefined;
}

function functionFault(node: ExpressionNode, checking: Checking): ExpressionFault | undefined {
  const name = functionOf(node);
  if (name === undefined) return undefined;
  const at = placeOfName(node, name);
  if (!functions.has(name)) {
    const near = nearestName(name, functions);
    const hint =
      near === undefined ? `known: ${[...functions].join(", ")}` : `did you mean ${near}?`;
    return faultAt(at, `there is no function ${name} here`, hint);
  }
  if (loops.has(name) && checking.inLoop)
    return faultAt(at, "goes through a list within a list", "write two rules");
  if (name === "matches") return matchesFault(node, checking);
  return name.startsWith("get") ? zoneFault(node) : undefined;
}

/** The one pattern is read now, and its method is replaced by ours. */
function matchesFault(node: ExpressionNode, { use }: Checking): ExpressionFault | undefined {
  const [pattern] = argumentsOf(node);
  const text = literalText(pattern);
  if (text === undefined)
    return faultAt(
      pattern?.start ?? node.pos,
      "a pattern must be written out",
      'write call.text.matches("...")',
    );
  try {
    use.patterns.set(text, compilePattern(text));
  } catch (error) {
    if (!(error instanceof PatternFault)) throw error;
    const start = pattern?.start ?? node.pos;
    return faultAt(start + 1 + error.at, error.message, "patterns have the syntax of RE2");
  }
  if (Array.isArray(node.args)) node.args[0] = linearMatches;
  return undefined;
}

/** The name of our own `matches` among the functions of CEL. */
export const linearMatches = "matches_linear";

function zoneFault(node: ExpressionNode): ExpressionFault | undefined {
  const [zone] = argumentsOf(node);
  if (zone === undefined) return undefined;
  const name = literalText(zone);
  if (name !== undefined && isZone(name)) return undefined;
  const message =
    name === undefined ? "a time zone must be written out" : `there is no time zone ${name}`;
  return faultAt(zone.start, message, 'write one such as "Europe/Berlin"');
}

function isZone(timeZone: string): boolean {
  try {
    new Intl.DateTimeFormat("en", { timeZone });
    return true;
  } catch {
    return false;
  }
}

function argumentsOf(node: ExpressionNode): readonly ExpressionNode[] {
  const args: unknown = Array.isArray(node.args) ? node.args.at(-1) : undefined;
  if (operandAt(node, 0) !== undefined || !Array.isArray(args)) return [];
  return args.filter(isNode);
}

function faultAt(at: number, message: string, hint: string): ExpressionFault {
  return { message, hint, at };
}

/** Functions that compute an expression for each element of a list. */
const loops: ReadonlySet<string> = new Set(["exists", "exists_one", "all", "filter", "map"]);

/** Those of CEL that make nothing much larger than what they are given. */
const functions: ReadonlySet<string> = new Set([
  ...["has", "size", "string", "int", "double", "bool", "timestamp", "duration", "matches"],
  ...["contains", "startsWith", "endsWith", "lowerAscii", "upperAscii", "trim", "indexOf"],
  ...["lastIndexOf", "substring", "join", ...loops, "getFullYear", "getMonth", "getDate"],
  ...["getDayOfMonth", "getDayOfWeek", "getDayOfYear", "getHours", "getMinutes", "getSeconds"],
]);
