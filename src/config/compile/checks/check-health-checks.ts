import { HealthCheckKind } from "../../../../gen/parlance/config/v1/health_check_pb.js";
import type { Steps } from "../../../core/steps.ts";
import { type ConfigScope, inElement, inField, problem } from "../../config-scope.ts";
import type { FilledModel } from "../../defaults.ts";
import { splitModelName } from "../../known-names.ts";
import type { ConfiguredProvider } from "../../settings.ts";

/** Reports targets that are to be checked by a list of models which their vendor does not have. */
export function* checkHealthChecks(
  models: readonly FilledModel[],
  providers: ReadonlyMap<string, ConfiguredProvider>,
  scope: ConfigScope,
): Steps<void> {
  for (const [index, { healthCheck, targets }] of models.entries()) {
    yield;
    if (healthCheck?.kind !== HealthCheckKind.MODELS_LIST) continue;
    const lacking = targets.find(({ model }) => lacksList(model, providers));
    if (lacking === undefined) continue;
    problem(inField(inField(inElement(scope, index), "health_check"), "kind"), {
      message: `${lacking.model} cannot be checked by it: its vendor has no list of models`,
      hint: "write kind: CHAT, or leave kind out: a chat of one token is sent",
      ruleId: "health_check_kind",
    });
  }
}

/** Whether a target is a provider's that serves no list of models; of no other there is one. */
function lacksList(name: string, providers: ReadonlyMap<string, ConfiguredProvider>): boolean {
  const split = splitModelName(name);
  const provider = split && providers.get(split.provider);
  if (split === undefined || provider === undefined) return false;
  if (provider.row.dialect === "sim") return true;
  const serving = provider.families.find(({ models }) => models.test(split.model)) ?? provider.row;
  return !serving.operations.includes("models");
}
