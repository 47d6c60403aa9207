import type { Deployment } from "../deployments/deployment.ts";
import type { Surroundings } from "../surroundings.ts";
import { type Draft, scalar, sequenceOrNone } from "../tree/draft.ts";
import { itemsOf } from "../tree/tree.ts";
import { textOf } from "../tree/values.ts";

/** `guards` of a model: those that any of its deployments names. Undefined: there are none. */
export function modelGuards(
  deployments: readonly Deployment[],
  names: ReadonlyMap<string, string>,
  surroundings: Surroundings,
): Draft | undefined {
  const lists = deployments.flatMap(({ params }) => params.get("guardrails") ?? []);
  const [first] = lists;
  if (first === undefined) return undefined;
  const guards = new Set<string>();
  for (const { value } of lists)
    for (const item of itemsOf(value)) {
      const read = textOf(item, surroundings);
      const guard = read && names.get(read.value);
      if (guard !== undefined) guards.add(guard);
      else if (read !== undefined)
        surroundings.note({
          kind: "none",
          at: read.at,
          message: `is left out: there is no guard ${read.value}`,
        });
    }
  if (guards.size > 0 && lists.length < deployments.length)
    surroundings.note({ kind: "changed", at: first.at, message: "binds all targets of the model" });
  return sequenceOrNone(
    [...guards].map((guard) => scalar(guard, first.at)),
    first.at,
  );
}
