import {
  type Budget,
  BudgetUnit,
  type SharedBudget,
} from "../../../../gen/parlance/config/v1/budget_pb.js";
import { faultsOfBudget } from "../../../core/money/check-budget.ts";
import type { Steps } from "../../../core/steps.ts";
import { type ConfigScope, inElement, inField, problem } from "../../config-scope.ts";
import type { FilledConfig } from "../../defaults.ts";
import type { KnownNames } from "../../known-names.ts";
import { checkModelReference } from "../compile-models.ts";
import { checkTarget } from "./check-key-routes.ts";
import { checkModel } from "./check-limits.ts";

/** Checks the budgets of keys, of teams, and of calls that have something in common. */
export function* checkBudgets(
  { budgets, keys, teams }: Pick<FilledConfig, "budgets" | "keys" | "teams">,
  names: KnownNames,
  scope: ConfigScope,
): Steps<void> {
  for (const [name, owners] of [
    ["keys", keys],
    ["teams", teams],
  ] as const)
    for (const [index, { budget }] of owners.entries()) {
      yield;
      const at = inElement(inField(scope, name), index);
      if (budget !== undefined) checkBudget(budget, names, inField(at, "budget"));
    }
  const earlier = new Set<string>();
  for (const [index, budget] of budgets.entries()) {
    yield;
    const at = inElement(inField(scope, "budgets"), index);
    if (budget.name !== "" && earlier.has(budget.name))
      problem(inField(at, "name"), {
        message: "another budget has this name",
        ruleId: "duplicate_budget_name",
      });
    earlier.add(budget.name);
    checkShared(budget, names, at);
  }
}

function checkShared(
  { models, targets, per, budget }: SharedBudget,
  names: KnownNames,
  scope: ConfigScope,
): void {
  for (const [position, model] of models.entries())
    checkModel(model, names, inElement(inField(scope, "models"), position));
  for (const [position, target] of targets.entries())
    checkTarget(target, names, inElement(inField(scope, "targets"), position));
  if (budget === undefined) return;
  const at = inField(scope, "budget");
  checkBudget(budget, names, at);
  const ofTargets = per.includes(BudgetUnit.PROVIDER) || per.includes(BudgetUnit.TARGET);
  if (budget.fallback !== "" && (ofTargets || targets.length > 0))
    problem(inField(at, "fallback"), {
      message: "a target that a budget has no room for is passed over",
      hint: "leave it out, and set fallbacks of the model",
      ruleId: "budget",
    });
}

function checkBudget(budget: Budget, names: KnownNames, scope: ConfigScope): void {
  for (const { field, message } of faultsOfBudget(budget)) {
    const [text = message, hint = ""] = message.split(": ", 2);
    problem(placeOf(field, scope), { message: text, hint, ruleId: "budget" });
  }
  if (budget.fallback !== "")
    checkModelReference(budget.fallback, names, inField(scope, "fallback"));
}

/** The place of a field such as `increases[0].until`. */
function placeOf(field: string, scope: ConfigScope): ConfigScope {
  const found = /^(\w+)\[(\d+)\]\.(\w+)$/.exec(field);
  if (found === null) return inField(scope, field);
  const [, list = "", index = "", name = ""] = found;
  return inField(inElement(inField(scope, list), Number(index)), name);
}
