import {
  type Rule,
  type RuleBounds,
  type RuleParameters,
  RuleThen,
} from "../../../gen/parlance/config/v1/rule_pb.js";
import { checkLabels } from "../compile/checks/check-labels.ts";
import { checkModelReference } from "../compile/compile-models.ts";
import { type ConfigScope, inElement, inField, problem } from "../config-scope.ts";
import { type KnownNames, splitModelName } from "../known-names.ts";

/** What the actions of rules may name. */
export interface RuleNames {
  readonly names: KnownNames;
  /** The labels that targets have, as `name: value`. */
  readonly labels: ReadonlySet<string>;
}

/** Checks what a rule does: that it does something, and that what it names is there. */
export function checkActions(rule: Rule, { names, labels }: RuleNames, scope: ConfigScope): void {
  const actions = actionsOf(rule);
  if (actions.length === 0)
    problem(scope, {
      message: "does nothing",
      hint: "give it one of route, target, exclude, require_labels, set, cap, add_tags, refuse",
      ruleId: "rule_action",
    });
  checkRefusal(rule, actions, scope);
  checkRoute(rule.route, names, inField(scope, "route"));
  checkTarget(rule.target, names, inField(scope, "target"));
  for (const [index, name] of rule.exclude.entries())
    checkExcluded(name, rule.target, names, inElement(inField(scope, "exclude"), index));
  const ofRule = { known: labels, ofWhom: "the rule" };
  checkLabels(rule.requireLabels, ofRule, inField(scope, "require_labels"));
  checkParameters(rule, scope);
}

/** The names of the actions that a rule has. */
function actionsOf(rule: Rule): readonly string[] {
  const { route, target, exclude, requireLabels, set, cap, addTags, refuse } = rule;
  const present: readonly (readonly [string, boolean])[] = [
    ["route", route !== ""],
    ["target", target !== ""],
    ["exclude", exclude.length > 0],
    ["require_labels", Object.keys(requireLabels).length > 0],
    ["set", set !== undefined],
    ["cap", cap !== undefined],
    ["add_tags", addTags.length > 0],
    ["refuse", refuse !== undefined],
  ];
  return present.flatMap(([name, there]) => (there ? [name] : []));
}

function checkRefusal(
  { refuse, then }: Rule,
  actions: readonly string[],
  scope: ConfigScope,
): void {
  if (refuse === undefined) return;
  const [other] = actions.filter((name) => name !== "refuse");
  if (other !== undefined)
    problem(inField(scope, other), {
      message: "has no effect: the rule refuses the call",
      hint: `take out refuse or ${other}`,
      ruleId: "rule_action",
    });
  if (then === RuleThen.CONTINUE)
    problem(inField(scope, "then"), {
      message: "has no effect: the rule refuses the call",
      hint: "take it out",
      ruleId: "rule_action",
    });
}

function checkRoute(route: string, names: KnownNames, scope: ConfigScope): void {
  if (route === "") return;
  if (route.includes("*"))
    problem(scope, {
      message: "is a pattern, and a call goes to one model",
      hint: "write the name of a model",
      ruleId: "model_pattern",
    });
  else checkModelReference(route, names, scope);
}

function checkTarget(target: string, names: KnownNames, scope: ConfigScope): void {
  if (target === "") return;
  const split = splitModelName(target);
  if (split !== undefined) {
    checkProvider(split.provider, names, scope);
    return;
  }
  const hint = names.aliases.has(target)
    ? `write route: ${target} for a model of this file`
    : "write provider/model";
  problem(scope, { message: "is no target", hint, ruleId: "rule_target" });
}

function checkExcluded(name: string, target: string, names: KnownNames, scope: ConfigScope): void {
  if (name === "") return;
  const split = splitModelName(name);
  if (name === target || (target !== "" && splitModelName(target)?.provider === name))
    problem(scope, {
      message: "is also the only target that the rule allows",
      hint: "take it out",
      ruleId: "rule_action",
    });
  checkProvider(split?.provider ?? name, names, scope);
}

function checkProvider(provider: string, names: KnownNames, scope: ConfigScope): void {
  if (names.providers.has(provider)) return;
  const hint = () => {
    const near = names.nearestProvider(provider);
    return near === undefined
      ? "name a provider of this file, or provider/model"
      : `did you mean \`${near}\`?`;
  };
  problem(scope, { message: `there is no provider ${provider}`, hint, ruleId: "unknown_provider" });
}

function checkParameters({ set, cap }: Rule, scope: ConfigScope): void {
  if (set !== undefined && isEmpty(set)) reportEmpty(inField(scope, "set"));
  if (cap !== undefined && isEmpty(cap)) reportEmpty(inField(scope, "cap"));
  if (set === undefined || cap === undefined) return;
  const both: readonly (readonly [string, boolean])[] = [
    ["max_tokens", set.maxTokens !== undefined && cap.maxTokens !== undefined],
    ["temperature", set.temperature !== undefined && cap.temperature !== undefined],
    ["reasoning_effort", set.reasoningEffort !== 0 && cap.reasoningEffort !== 0],
  ];
  for (const [name, there] of both)
    if (there)
      problem(inField(inField(scope, "cap"), name), {
        message: "has no effect beside set",
        hint: "leave one of them out",
        ruleId: "rule_action",
      });
}

function isEmpty({ $typeName: _, ...fields }: RuleParameters | RuleBounds): boolean {
  // Of an enum 0 is no value.
  return Object.entries(fields).every(
    ([name, value]) => value === undefined || (name === "reasoningEffort" && value === 0),
  );
}

function reportEmpty(scope: ConfigScope): void {
  problem(scope, {
    message: "names no parameter",
    hint: "write one, such as { max_tokens: 500 }",
    ruleId: "rule_action",
  });
}
