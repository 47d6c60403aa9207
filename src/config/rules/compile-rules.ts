import { type Rule, RuleThen } from "../../../gen/parlance/config/v1/rule_pb.js";
import type { Condition, Verdict } from "../../core/rules/condition.ts";
import type { Steps } from "../../core/steps.ts";
import { labelsOf } from "../compile/checks/check-labels.ts";
import { type ConfigScope, inElement, inField, problem } from "../config-scope.ts";
import type { FilledModel } from "../defaults.ts";
import type { KnownNames } from "../known-names.ts";
import type { ConfiguredRule, ConfiguredRules } from "../settings.ts";
import { checkActions } from "./check-actions.ts";
import {
  type CompileCondition,
  type CompiledCondition,
  createConditions,
  isFault,
} from "./compile-condition.ts";
import { type ConditionParts, implies, partsOf } from "./implied-conditions.ts";
import { createSubject, Subject } from "./subject.ts";

/** What the rules of a config are compiled from. */
export interface RuleSource {
  readonly rules: readonly Rule[];
  readonly ruleHeaders: readonly string[];
  readonly models: readonly FilledModel[];
}

/** Compiles the rules; undefined where there are none. `scope`: of the whole config. */
export function* compileRules(
  { rules, ruleHeaders, models }: RuleSource,
  names: KnownNames,
  scope: ConfigScope,
): Steps<ConfiguredRules | undefined> {
  checkHeaders(ruleHeaders, inField(scope, "rule_headers"));
  if (rules.length === 0) return undefined;
  const known = { names, labels: labelsOf(models) };
  const compile = createConditions(new Set(ruleHeaders));
  const seen = new Set<string>();
  const earlier: Earlier[] = [];
  const compiled: ConfiguredRule[] = [];
  for (const [index, settings] of rules.entries()) {
    yield;
    const at = inElement(inField(scope, "rules"), index);
    checkName(settings.name, seen, inField(at, "name"));
    checkActions(settings, known, at);
    const condition = compileWhen(settings, compile, inField(at, "when"));
    if (condition === undefined) continue;
    const { attributes, holds } = condition;
    // Without its tree, which is changed as it is evaluated and so must not be frozen.
    const rule = { settings, condition: { attributes, holds }, stops: stopsAfter(settings) };
    if (checkReach(rule, condition, { earlier, at: inField(at, "when") })) compiled.push(rule);
  }
  const attributes = new Set(compiled.flatMap(({ condition }) => [...condition.attributes]));
  return { rules: compiled, subjectOf: createSubject, attributes, headers: ruleHeaders };
}

/** A rule that no other is tried after, as later ones are compared with it. */
interface Earlier {
  readonly name: string;
  /** Undefined: it holds for every call. */
  readonly parts: ConditionParts | undefined;
  readonly readsTags: boolean;
}

function checkName(name: string, seen: Set<string>, scope: ConfigScope): void {
  if (name !== "" && seen.has(name))
    problem(scope, {
      message: `another rule has the name ${name}`,
      hint: "rename one",
      ruleId: "duplicate_rule",
    });
  seen.add(name);
}

function compileWhen(
  { when }: Rule,
  compile: CompileCondition,
  scope: ConfigScope,
): CompiledCondition | undefined {
  const compiled = compile(when === "" ? "true" : when);
  if (!isFault(compiled)) return compiled;
  const { message, hint, at } = compiled;
  return problem(scope, { message, hint, ruleId: "rule_condition", within: { text: when, at } });
}

/** Whether no rule after one is tried where it holds. */
function stopsAfter({ then, route, target, refuse }: Rule): boolean {
  if (refuse !== undefined) return true;
  if (then !== RuleThen.UNSPECIFIED) return then === RuleThen.STOP;
  return route !== "" || target !== "";
}

/** Whether a call can come to a rule and its condition hold; reports where none can. */
function checkReach(
  { settings, stops }: ConfiguredRule,
  condition: CompiledCondition,
  { earlier, at }: { readonly earlier: Earlier[]; readonly at: ConfigScope },
): boolean {
  const always = constantOf(condition);
  if (always === false)
    return unreachable(at, "never holds, whatever the call", "take the rule out, or mend it");
  const parts = always === true ? undefined : partsOf(condition);
  const readsTags = condition.attributes.has("tags");
  const before = earlier.find((one) => hides(one, { parts, readsTags }));
  if (before !== undefined) {
    const why = before.parts === undefined ? "holds for every call" : "holds wherever this does";
    return unreachable(
      at,
      `is never reached: the rule ${before.name} before it ${why}, and no rule is tried after it`,
      "put this rule first, or write then: CONTINUE in the other",
    );
  }
  if (stops) earlier.push({ name: settings.name, parts, readsTags });
  return true;
}

/** Tags may have been added between two rules that read them. */
function hides(before: Earlier, rule: Omit<Earlier, "name">): boolean {
  if (before.parts === undefined) return true;
  if (rule.parts === undefined || before.readsTags) return false;
  return implies(rule.parts, before.parts);
}

function unreachable(scope: ConfigScope, message: string, hint: string): false {
  const within = { text: "", at: 0 };
  problem(scope, { message, hint, ruleId: "unreachable_rule", within });
  return false;
}

/** What a condition gives for every call; undefined where that depends on the call. */
function constantOf(condition: Condition): boolean | undefined {
  const verdict: Verdict | undefined = tryVerdict(condition);
  return typeof verdict === "boolean" ? verdict : undefined;
}

function tryVerdict(condition: Condition): Verdict | undefined {
  try {
    return condition.holds(new Subject(unknown));
  } catch (error) {
    if (error instanceof UnknownAttribute) return undefined;
    throw error;
  }
}

class UnknownAttribute extends Error {}

function unknown(): never {
  throw new UnknownAttribute("an attribute of no call");
}

function checkHeaders(headers: readonly string[], scope: ConfigScope): void {
  for (const [index, name] of headers.entries())
    if (isCredential(name))
      problem(inElement(scope, index), {
        message: "holds credentials, which rules cannot read",
        hint: "call.key is the name of the caller's key",
        ruleId: "rule_header",
      });
}

/** Whether a header holds a credential, or may. */
function isCredential(name: string): boolean {
  return (
    /^(?:proxy-)?authorization$|^(?:set-)?cookie2?$|(?:^|[-_])(?:api[-_]?key|token|secret|password|signature|credential)s?$/.test(
      name,
    ) || credentials.has(name)
  );
}

const credentials: ReadonlySet<string> = new Set([
  "x-goog-api-key",
  "x-amz-security-token",
  "x-amz-content-sha256",
  "x-litellm-api-key",
  "ocp-apim-subscription-key",
]);
