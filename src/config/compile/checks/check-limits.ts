import type { CallLimits } from "../../../../gen/parlance/config/v1/call_limits_pb.js";
import { isWildcard, parsePattern } from "../../../core/names/name-pattern.ts";
import type { Steps } from "../../../core/steps.ts";
import { type ConfigScope, inElement, inField, problem } from "../../config-scope.ts";
import type { FilledConfig } from "../../defaults.ts";
import type { KnownNames } from "../../known-names.ts";
import { checkModelReference } from "../compile-models.ts";

/** Checks the limits of calls that have something in common. `scope` is that of the config. */
export function* checkLimits(
  { limits }: Pick<FilledConfig, "limits">,
  names: KnownNames,
  scope: ConfigScope,
): Steps<void> {
  const earlier = new Set<string>();
  for (const [index, { name, models, limits: bounds }] of limits.entries()) {
    yield;
    const at = inElement(inField(scope, "limits"), index);
    if (name !== "" && earlier.has(name))
      problem(inField(at, "name"), {
        message: "another limit has this name",
        ruleId: "duplicate_limit_name",
      });
    earlier.add(name);
    for (const [position, model] of models.entries())
      checkModel(model, names, inElement(inField(at, "models"), position));
    if (bounds !== undefined && !boundsAnything(bounds))
      problem(inField(at, "limits"), {
        message: "bounds nothing",
        hint: "write one of requests_per_minute, tokens_per_minute, requests_per_day, concurrent",
        ruleId: "empty_limit",
      });
  }
}

/** Checks the name of a model, or a pattern of names. */
export function checkModel(model: string, names: KnownNames, scope: ConfigScope): void {
  if (!isWildcard(model)) {
    if (model !== "") checkModelReference(model, names, scope);
  } else if (parsePattern(model) === undefined)
    problem(scope, {
      message: "has more than one `*`",
      hint: "one `*` stands for any text",
      ruleId: "model_pattern",
    });
}

/** Whether limits bound anything. */
export function boundsAnything(limits: CallLimits): boolean {
  const { requestsPerMinute, tokensPerMinute, inputTokensPerMinute, outputTokensPerMinute } =
    limits;
  const { requestsPerDay, concurrent } = limits;
  const all = [requestsPerMinute, tokensPerMinute, inputTokensPerMinute, outputTokensPerMinute];
  return [...all, requestsPerDay, concurrent].some((bound) => bound !== undefined);
}
