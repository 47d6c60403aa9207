import { invalidField } from "../../../core/faults/fault.ts";
import { GatewayError } from "../../../core/faults/gateway-error.ts";
import type { TargetFilter } from "../../../core/target/exclusion.ts";
import type { Labels } from "../../../core/target/target.ts";
import type { RoutedCall } from "./call-filter.ts";

/** The header by which callers require labels of targets: `region=eu, tier=gold`. */
export const labelsHeader = "x-parlance-labels";

/**
 * Keeps a call from targets without the labels that its key, its end user or its caller requires:
 * from every way to them, for it is looked at wherever a target is chosen. Undefined where none are
 * required. Throws INVALID_REQUEST where the header holds no labels.
 */
export function labelFilter({ principal, endUser, header }: RoutedCall): TargetFilter | undefined {
  const text = header(labelsHeader);
  const wanted = text === undefined || text === "" ? undefined : parseLabels(text);
  if (wanted === undefined && principal?.labels === undefined && endUser?.labels === undefined)
    return undefined;
  const own = [principal?.labels, endUser?.labels].flatMap((labels = {}) => Object.entries(labels));
  const required = [...own, ...(wanted ?? [])];
  return ({ labels }) => {
    const lacking = required.find(([name, value]) => !hasLabel(labels, name, value));
    if (lacking === undefined) return undefined;
    const [name, value] = lacking;
    return { why: `lacks the label ${name}=${value}`, field: labelsHeader };
  };
}

/** Whether a target has a label with a value. */
export function hasLabel(labels: Labels | undefined, name: string, value: string): boolean {
  return labels !== undefined && Object.hasOwn(labels, name) && labels[name] === value;
}

/** As many labels as a caller may require. */
const maxLabels = 64;

function parseLabels(text: string): readonly (readonly [name: string, value: string])[] {
  const items = text.split(",", maxLabels + 1);
  if (items.length > maxLabels)
    throw new GatewayError(invalidField(labelsHeader, `must have at most ${maxLabels} labels`));
  return items.map((item) => {
    const [, name, value] = /^\s*([\w./-]{1,63})\s*=\s*([\w./-]{1,63})\s*$/.exec(item) ?? [];
    if (name === undefined || value === undefined)
      throw new GatewayError(
        invalidField(labelsHeader, "must be labels, as in region=eu,tier=gold"),
      );
    return [name, value] as const;
  });
}
