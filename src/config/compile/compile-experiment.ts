import { createHash } from "node:crypto";
import { toJson } from "@bufbuild/protobuf";
import { ExperimentSchema, ExperimentUnit } from "../../../gen/parlance/config/v1/experiment_pb.js";
import { TargetSchema } from "../../../gen/parlance/config/v1/target_pb.js";
import { type ConfigScope, inElement, inField, problem } from "../config-scope.ts";
import type { FilledExperiment, FilledModel, FilledTarget } from "../defaults.ts";
import type { ConfiguredArm, ConfiguredExperiment, WeightedTarget } from "../settings.ts";

/** Arms of all experiments together, for each of which results are kept in memory. */
export const maxArms = 500;

/** All units, in hundredths of a percent. */
const wholeShare = 10_000;

/** Compiles a list of targets whose scope is the second argument. */
type CompileTargets = (list: readonly FilledTarget[], scope: ConfigScope) => WeightedTarget[];

/** Compiles the experiment of a model, and checks its arms; undefined where it has none. */
export function compileExperiment(
  model: FilledModel,
  compileTargets: CompileTargets,
  scope: ConfigScope,
): ConfiguredExperiment | undefined {
  const { experiment } = model;
  if (experiment === undefined) return undefined;
  const all = inField(scope, "arms");
  checkNames(experiment, all);
  const arms = experiment.arms.map(({ name, percent, targets }, index): ConfiguredArm => {
    const at = inElement(all, index);
    const share = compileShare(percent, inField(at, "percent"));
    if (targets.length === 0) return { name, share };
    return { name, share, targets: compileTargets(targets, inField(at, "targets")) };
  });
  checkShares(arms, all);
  const name = experimentName(model, experiment);
  return {
    name,
    version: versionOf(model, experiment),
    unit: experiment.unit === ExperimentUnit.UNSPECIFIED ? ExperimentUnit.KEY : experiment.unit,
    salt: experiment.salt === "" ? name : experiment.salt,
    arms,
  };
}

/** Reports experiments of the same name, and more arms than results are kept of. */
export function checkExperimentNames(models: readonly FilledModel[], scope: ConfigScope): void {
  const seen = new Set<string>();
  let arms = 0;
  for (const [index, model] of models.entries()) {
    const { experiment } = model;
    if (experiment === undefined) continue;
    const at = inField(inElement(scope, index), "experiment");
    const name = experimentName(model, experiment);
    if (seen.has(name))
      problem(experiment.name === "" ? at : inField(at, "name"), {
        message: `another experiment has the name ${name}`,
        hint: "give it a name of its own; the same salt splits units alike",
        ruleId: "duplicate_experiment",
      });
    seen.add(name);
    if (arms <= maxArms && arms + experiment.arms.length > maxArms)
      problem(inField(at, "arms"), {
        message: `the experiments have more than ${maxArms} arms together`,
        hint: "end experiments that are decided",
        ruleId: "experiment_arms",
      });
    arms += experiment.arms.length;
  }
}

function experimentName({ name }: FilledModel, experiment: FilledExperiment): string {
  return experiment.name === "" ? name : experiment.name;
}

function checkNames({ arms }: FilledExperiment, scope: ConfigScope): void {
  const seen = new Set<string>();
  for (const [index, { name }] of arms.entries()) {
    if (seen.has(name))
      problem(inField(inElement(scope, index), "name"), {
        message: "another arm has this name",
        hint: "rename one of them",
        ruleId: "duplicate_arm",
      });
    seen.add(name);
  }
}

function compileShare(percent: number, scope: ConfigScope): number {
  const share = Math.round(percent * 100);
  // A decimal number of two digits is not always a product of whole numbers in binary.
  if (Math.abs(share - percent * 100) > 1e-6)
    problem(scope, {
      message: "has more than two digits behind the point",
      hint: "write hundredths of a percent, such as 0.25",
      ruleId: "experiment_share",
    });
  return share;
}

function checkShares(arms: readonly ConfiguredArm[], scope: ConfigScope): void {
  const sum = arms.reduce((total, { share }) => total + share, 0);
  if (sum === wholeShare || arms.length === 0) return;
  problem(scope, {
    message: `the shares of the arms add up to ${sum / 100} percent, not to 100`,
    hint: "give the first arm what the others leave",
    ruleId: "experiment_shares",
  });
}

/** SHA-256 in hex of all that decides what an arm of the experiment is. */
function versionOf({ targets }: FilledModel, experiment: FilledExperiment): string {
  const hash = createHash("sha256").update(JSON.stringify(toJson(ExperimentSchema, experiment)));
  for (const target of targets) hash.update(`\n${JSON.stringify(toJson(TargetSchema, target))}`);
  return hash.digest("hex");
}
