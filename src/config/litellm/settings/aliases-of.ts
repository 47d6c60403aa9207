import type { Surroundings } from "../surroundings.ts";
import { type Draft, mapping, scalar } from "../tree/draft.ts";
import { itemsOf, membersOf, type Tree } from "../tree/tree.ts";
import { flagOf, textOf } from "../tree/values.ts";
import { routerSetting, type Sections } from "./sections.ts";

/** Other names of models, by name. */
export function aliasesOf(
  sections: Sections,
  isModel: (name: string) => boolean,
  surroundings: Surroundings,
): ReadonlyMap<string, Draft> {
  const aliases = new Map<string, Draft>();
  for (const { name, value, at } of membersOf(
    routerSetting(sections, "model_group_alias"),
  ).values()) {
    const draft = aliasOf(name, value, surroundings);
    const why = isModel(name)
      ? "a model has this name"
      : /\s/.test(name) || draft === undefined
        ? "it is no name for a model"
        : undefined;
    if (why === undefined && draft !== undefined) aliases.set(name, draft);
    else surroundings.note({ kind: "none", at, message: `the alias is left out: ${why}` });
  }
  const completion = textOf(sections.general.get("completion_model")?.value, surroundings);
  if (completion !== undefined && !isModel("*") && isModel(completion.value)) {
    const { at } = completion;
    const fields = { name: scalar("*", at), model: scalar(completion.value, at) };
    aliases.set("*", mapping({ ...fields, hidden: scalar(true, at) }, at));
  }
  return aliases;
}

function aliasOf(name: string, value: Tree, surroundings: Surroundings): Draft | undefined {
  const members = membersOf(value);
  const [first, ...others] = itemsOf(value);
  if (others.length > 0)
    surroundings.note({
      kind: "changed",
      at: value.at,
      message: "the first model alone is taken: an alias stands for one",
    });
  const model = textOf(members.get("model")?.value ?? first, surroundings);
  if (model === undefined) return undefined;
  const hidden = flagOf(members.get("hidden")?.value, surroundings);
  return mapping(
    {
      name: scalar(name, value.at),
      model: scalar(model.value, model.at),
      hidden: hidden?.value === true ? scalar(true, hidden.at) : undefined,
    },
    value.at,
  );
}
