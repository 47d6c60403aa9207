import type { Alias } from "../../../gen/parlance/config/v1/alias_pb.js";
import { fill, isWildcard } from "../../core/names/name-pattern.ts";
import type { Steps } from "../../core/steps.ts";
import { type ConfigScope, inElement, inField, problem } from "../config-scope.ts";
import { type KnownNames, splitModelName } from "../known-names.ts";
import { findCycles } from "../loading/find-cycles.ts";
import { checkModelReference } from "./compile-models.ts";

/** What aliases are checked against. */
export interface AliasScope {
  readonly names: KnownNames;
  /** The names of models. */
  readonly models: ReadonlySet<string>;
}

/** Checks the other names of models and what they stand for, and gives them by name. */
export function* compileAliases(
  aliases: readonly Alias[],
  { names, models }: AliasScope,
  scope: ConfigScope,
): Steps<ReadonlyMap<string, Alias>> {
  const compiled = new Map<string, Alias>();
  for (const [index, alias] of aliases.entries()) {
    yield;
    const at = inElement(scope, index);
    checkName(alias.name, models.has(alias.name) || compiled.has(alias.name), names, at);
    checkStars(alias, at);
    if (alias.model !== "" && !leadsToPattern(alias.model, names))
      checkModelReference(alias.model, names, inField(at, "model"));
    if (alias.name !== "" && !compiled.has(alias.name)) compiled.set(alias.name, alias);
  }
  const edges = new Map([...compiled].map(([name, { model }]) => [name, [model]] as const));
  for (const cycle of yield* findCycles(edges)) {
    const index = aliases.findIndex(({ name }) => name === cycle.at(-1));
    problem(inField(inElement(scope, index), "model"), {
      message: `the aliases go round in a circle: ${[...cycle, cycle[0]].slice(0, 11).join(" -> ")}`,
      hint: "let one of them stand for a model",
      ruleId: "alias_cycle",
    });
  }
  return compiled;
}

/** Whether a text in the place of the `*` makes it a name that fits a model or an alias. */
function leadsToPattern(model: string, names: KnownNames): boolean {
  return isWildcard(model) && names.fitsPattern(fill(model, "x"));
}

function checkName(
  name: string,
  isTaken: boolean,
  { providers }: KnownNames,
  scope: ConfigScope,
): void {
  const at = inField(scope, "name");
  if (isTaken) {
    problem(at, {
      message: "another model or alias has this name",
      hint: "rename one",
      ruleId: "duplicate_model",
    });
  }
  const split = splitModelName(name);
  if (split === undefined || !providers.has(split.provider)) return;
  problem(at, {
    message: `hides the models of the provider ${split.provider}`,
    hint: `names that begin with ${split.provider}/ are that provider's own`,
    ruleId: "model_shadows_provider",
  });
}

function checkStars({ name, model }: Alias, scope: ConfigScope): void {
  if (name.split("*").length > 2)
    problem(inField(scope, "name"), {
      message: "has more than one `*`",
      hint: "one `*` stands for any text, as in `fast-*`",
      ruleId: "model_pattern",
    });
  const stars = model.split("*").length - 1;
  if (stars <= (isWildcard(name) ? 1 : 0)) return;
  problem(inField(scope, "model"), {
    message: isWildcard(name)
      ? "has more than one `*`"
      : "has a `*`, and the alias's name has none",
    hint: "a `*` takes over the text that the `*` of the name stands for",
    ruleId: "model_pattern",
  });
}
