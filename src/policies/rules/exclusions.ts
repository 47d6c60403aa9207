import type { Rule } from "../../../gen/parlance/config/v1/rule_pb.js";
import type { Exclusion, TargetFilter } from "../../core/target/exclusion.ts";
import type { Target } from "../../core/target/target.ts";
import { hasLabel } from "../routing/filters/label-filter.ts";

/**
 * The targets that rules keep a call from, beside those it is kept from already. `where`: the rule
 * that says where it goes. Undefined: none.
 */
export function createExclusions(
  before: TargetFilter | undefined,
  rules: readonly Rule[],
  where: Rule | undefined,
): TargetFilter | undefined {
  const only = where === undefined || where.target === "" ? undefined : where;
  const excluding = rules.filter(({ exclude }) => exclude.length > 0);
  const requiring = rules.filter(({ requireLabels }) => Object.keys(requireLabels).length > 0);
  if (only === undefined && excluding.length === 0 && requiring.length === 0) return before;
  return (target) => {
    const earlier = before?.(target);
    if (earlier !== undefined) return earlier;
    const name = `${target.provider}/${target.model}`;
    if (only !== undefined && only.target !== name)
      return { why: `the rule ${only.name} allows only ${only.target}` };
    return excludedBy(excluding, target.provider, name) ?? lackingLabel(requiring, target);
  };
}

function excludedBy(rules: readonly Rule[], provider: string, name: string): Exclusion | undefined {
  const rule = rules.find(({ exclude }) => exclude.includes(provider) || exclude.includes(name));
  return rule === undefined ? undefined : { why: `the rule ${rule.name} excludes it` };
}

function lackingLabel(rules: readonly Rule[], { labels }: Target): Exclusion | undefined {
  for (const { name: rule, requireLabels } of rules)
    for (const [name, value] of Object.entries(requireLabels))
      if (!hasLabel(labels, name, value))
        return { why: `lacks the label ${name}=${value}, which the rule ${rule} requires` };
  return undefined;
}
