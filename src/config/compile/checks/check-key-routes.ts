import type { Key } from "../../../../gen/parlance/config/v1/key_pb.js";
import { isWildcard, parsePattern } from "../../../core/names/name-pattern.ts";
import { type ConfigScope, inElement, inEntry, inField, problem } from "../../config-scope.ts";
import { type KnownNames, splitModelName } from "../../known-names.ts";
import { checkModelReference } from "../compile-models.ts";
import { checkLabels } from "./check-labels.ts";

/** Checks what a key says of where its calls go: names of targets, aliases and labels. */
export function checkKeyRoutes(
  { targets, modelAliases, labels }: Key,
  names: KnownNames,
  known: ReadonlySet<string>,
  scope: ConfigScope,
): void {
  for (const [index, target] of targets.entries())
    checkTarget(target, names, inElement(inField(scope, "targets"), index));
  for (const [alias, model] of Object.entries(modelAliases))
    if (model !== "")
      checkModelReference(model, names, inEntry(inField(scope, "model_aliases"), alias));
  checkLabels(labels, { known, ofWhom: "the key" }, inField(scope, "labels"));
}

/** Checks the name of a target, or of several by a `*`. */
export function checkTarget(target: string, { providers }: KnownNames, scope: ConfigScope): void {
  if (isWildcard(target) && parsePattern(target) === undefined) {
    problem(scope, {
      message: "has more than one `*`",
      hint: "one `*` stands for any text; leave targets out to allow all",
      ruleId: "model_pattern",
    });
    return;
  }
  const provider = splitModelName(target)?.provider ?? target;
  if (isWildcard(provider) || (provider !== target && providers.has(provider))) return;
  problem(scope, {
    message: provider === target ? "is no provider/model" : `there is no provider ${provider}`,
    hint: "name a target as provider/model, or several as provider/*",
    ruleId: "unknown_provider",
  });
}
