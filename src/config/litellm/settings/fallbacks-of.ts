import type { Surroundings } from "../surroundings.ts";
import { type Draft, scalar } from "../tree/draft.ts";
import { itemsOf, type Member, membersOf, type Tree } from "../tree/tree.ts";
import { textOf } from "../tree/values.ts";

/** Fallbacks by the model that they are for. */
export type FallbackLists = ReadonlyMap<string, readonly Draft[]>;

/**
 * Reads a list of fallbacks, `[{ model: [others] }]`. Those to models that `isModel` does not know
 * are noted and left out.
 */
export function fallbacksOf(
  tree: Tree | undefined,
  isModel: (name: string) => boolean,
  surroundings: Surroundings,
): FallbackLists {
  const lists = new Map<string, readonly Draft[]>();
  const parts: readonly (readonly [string, Member])[] = itemsOf(tree).flatMap((item) => [
    ...membersOf(item),
  ]);
  for (const [model, { value, at }] of parts) {
    if (model !== "*" && !isModel(model)) {
      const message = `is left out: there is no model ${model}`;
      surroundings.note({ kind: "none", at, message });
      continue;
    }
    const earlier = lists.get(model) ?? [];
    const names = modelsOf(value, isModel, surroundings).filter(
      ({ value: name }) => name !== model,
    );
    lists.set(model, [...earlier, ...unique(names, earlier)]);
  }
  return lists;
}

/** Reads a list of names of models. */
export function modelsOf(
  tree: Tree | undefined,
  isModel: (name: string) => boolean,
  surroundings: Surroundings,
): readonly (Draft & { readonly value: unknown })[] {
  return itemsOf(tree).flatMap((item) => {
    const named = item.kind === "branch" ? item.members.get("model")?.value : item;
    const name = textOf(named, surroundings);
    if (name === undefined) return [];
    if (item.kind === "branch" && item.members.size > 1)
      surroundings.note({
        kind: "changed",
        at: item.at,
        message: "the model alone is taken: calls are not altered on the way to a fallback",
      });
    if (isModel(name.value)) return [scalar(name.value, name.at)];
    const message = `is left out: there is no model ${name.value}`;
    surroundings.note({ kind: "none", at: name.at, message });
    return [];
  });
}

function unique(
  names: readonly (Draft & { readonly value: unknown })[],
  earlier: readonly Draft[],
): readonly Draft[] {
  const seen = new Set<unknown>(earlier.map((one) => ("value" in one ? one.value : undefined)));
  return names.filter(({ value }) => {
    if (seen.has(value)) return false;
    seen.add(value);
    return true;
  });
}
