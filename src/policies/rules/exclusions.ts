import type { Rule } from "../../../gen/parlance/config/v1/rule_pb.js";
import type { Exclusion, TargetFilter } from "../../core/target/exclusion.ts";

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
  if (only === undefined && excluding.length === 0) return before;
  return (target) => {
    const earlier = before?.(target);
    if (earlier !== undefined) return earlier;
    const name = `${target.provider}/${target.model}`;
    if (only !== undefined && only.target !== name)
      return { why: `the rule ${only.name} allows only ${only.target}` };
    return excludedBy(excluding, target.provider, name);
  };
}

function excludedBy(rules: readonly Rule[], provider: string, name: string): Exclusion | undefined {
  const rule = rules.find(({ exclude }) => exclude.includes(provider) || exclude.includes(name));
  return rule === undefined ? undefined : { why: `the rule ${rule.name} excludes it` };
}
