import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";
import type { Environment } from "@marcbachmann/cel-js";
import { nearestName } from "../../core/names/nearest-name.ts";
import type { Condition, RuleSubject, Verdict } from "../../core/rules/condition.ts";
import type { LinearPattern } from "../../core/rules/linear-pattern.ts";
import { isAttributeName, ruleAttributes } from "../../core/rules/rule-attribute.ts";
import { checkExpression, type ExpressionFault, linearMatches } from "./check-expression.ts";
import { type ExpressionNode, isNode, type Need, needsOf } from "./expression-tree.ts";
import { compilePlain, type PlainCondition } from "./plain-condition.ts";
import { Subject } from "./subject.ts";

/** A condition that was compiled, with its tree. */
export interface CompiledCondition extends Condition {
  readonly root: ExpressionNode;
  /** Prints a part of the tree, the same for parts that say the same. */
  readonly print: (node: ExpressionNode) => string;
}

/** Compiles expressions; what is wrong with one is a value. */
export type CompileCondition = (expression: string) => CompiledCondition | ExpressionFault;

/** Whether an expression was refused. */
export function isFault(
  compiled: CompiledCondition | ExpressionFault,
): compiled is ExpressionFault {
  return "message" in compiled;
}

/** Loads the library of CEL, which takes some tens of milliseconds. `headers`: those that may be read. */
export function createConditions(headers: ReadonlySet<string>): CompileCondition {
  const cel = loadCel();
  const fields = Object.fromEntries(
    Object.entries(ruleAttributes).map(([name, [type]]) => [name, type]),
  );
  const patterns = new Map<string, LinearPattern>();
  const environment = new cel.Environment({ limits: { maxAstNodes: 500, maxDepth: 50 } })
    .registerType("Call", { ctor: Subject, fields })
    .registerVariable("call", "Call")
    .registerFunction(`string.${linearMatches}(string): bool`, {
      handler: (text: string, pattern: string) => patterns.get(pattern)?.(text) ?? false,
      async: false,
    });
  return (expression) => {
    try {
      return compile({ environment, patterns, headers, print: cel.serialize }, expression);
    } catch (error) {
      return describeError(error, expression);
    }
  };
}

/** The very module that an import gives, loaded where there are rules only. */
function loadCel(): typeof import("@marcbachmann/cel-js") {
  const path = fileURLToPath(import.meta.resolve("@marcbachmann/cel-js"));
  return createRequire(import.meta.url)(path);
}

interface Compiling {
  readonly environment: Environment;
  /** Those of all expressions, by their texts. */
  readonly patterns: Map<string, LinearPattern>;
  readonly headers: ReadonlySet<string>;
  readonly print: (node: never) => string;
}

function compile(
  { environment, patterns, headers, print }: Compiling,
  expression: string,
): CompiledCondition | ExpressionFault {
  const parsed = environment.parse(expression);
  const root: unknown = parsed.ast;
  if (!isNode(root)) throw new Error("an expression of CEL has no tree");
  const use = checkExpression(root, headers);
  if ("message" in use) return use;
  for (const [pattern, matches] of use.patterns) patterns.set(pattern, matches);
  const checked = parsed.check();
  if (!checked.valid) return describeError(checked.error, expression);
  if (checked.type !== "bool")
    return {
      message: `gives ${article(checked.type ?? "value")}, not true or false`,
      hint: "compare it, as in call.input_tokens < 200",
      at: root.start,
    };
  const needs = needsOf(root);
  const plain = compilePlain(root);
  return {
    root,
    attributes: use.attributes,
    print: (node) => print(node as never), // a node of the library's own tree
    holds: (subject) => {
      const held = subject instanceof Subject ? tryPlain(plain, subject) : undefined;
      return held ?? missing(needs, subject) ?? evaluate(parsed, subject);
    },
  };
}

/** Undefined where the condition is not plain, or what it reads throws: CEL decides then. */
function tryPlain(plain: PlainCondition | undefined, subject: Subject): boolean | undefined {
  try {
    return plain?.(subject);
  } catch {
    return undefined;
  }
}

function article(type: string): string {
  return /^[aeiou]/.test(type) ? `an ${type}` : `a ${type}`;
}

/** What the call does not have of what the condition needs. */
function missing(needs: readonly Need[], subject: RuleSubject): string | undefined {
  if (!(subject instanceof Subject)) throw new Error("a condition holds for subjects only");
  for (const { attribute, key } of needs) {
    const value = subject.value(attribute);
    if (value === undefined) return `the call has no ${attribute}`;
    if (key !== undefined && !Object.hasOwn(Object(value), key))
      return `the call's ${attribute} have no ${key}`;
  }
  return undefined;
}

function evaluate(
  run: (context: { readonly call: RuleSubject }) => unknown,
  call: RuleSubject,
): Verdict {
  try {
    return run({ call }) === true;
  } catch (error) {
    if (error instanceof Error && isLibrarys(error)) return summaryOf(error);
    throw error;
  }
}

/** Its own, or one of a built-in function that was given what it does not take. */
function isLibrarys(error: Error): boolean {
  return (
    error.name === "EvaluationError" || error instanceof RangeError || error instanceof SyntaxError
  );
}

function summaryOf(error: Error): string {
  return "summary" in error ? String(error.summary) : error.message;
}

/** Errors of the library say where they are, and in the first line what they are. */
function describeError(error: unknown, expression: string): ExpressionFault {
  if (error instanceof RangeError) return { message: "is nested too deeply", hint: "", at: 0 };
  if (!(error instanceof Error) || !("range" in error)) throw error;
  const { range, node } = error as { range?: { start?: number }; node?: unknown };
  const at = Math.min(range?.start ?? 0, expression.length);
  const message = summaryOf(error);
  return {
    message: firstLower(message),
    hint: hintFor(error, isNode(node) ? node : undefined),
    at,
  };
}

function firstLower(message: string): string {
  return /^[A-Z][a-z]/.test(message) ? message.charAt(0).toLowerCase() + message.slice(1) : message;
}

function hintFor(error: Error, node: ExpressionNode | undefined): string {
  const code = "code" in error ? error.code : "";
  if (code === "unknown_variable" && typeof node?.args === "string") {
    const near = isAttributeName(node.args)
      ? node.args
      : nearestName(node.args, Object.keys(ruleAttributes));
    return near === undefined ? "attributes are written call.NAME" : `did you mean call.${near}?`;
  }
  if (code === "no_such_overload" && /int .*double|double .*int/.test(summaryOf(error)))
    return "numbers with a point and whole numbers differ: 1.0 and 1";
  return code === "unexpected_character" || code === "unexpected_token"
    ? "write && for and, || for or, ! for not, == for equal"
    : "";
}
