import { create } from "@bufbuild/protobuf";
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import {
  type Deployment,
  DeploymentSchema,
  type Health,
  HealthSchema,
  HealthState,
  type Model,
  ModelSchema,
} from "../../gen/parlance/admin/v1/model_pb.js";
import { anyModelOf } from "../adapters/catalog/any-model-of.ts";
import type { ModelPlan, TargetPlan } from "../config/model-plan.ts";
import type { Plan, ProviderPlan } from "../config/plan.ts";
import type { Dialect } from "../core/dialect.ts";
import { intersectFacts } from "../core/facts/intersect-facts.ts";
import { lenient } from "../core/fidelity/loss-policy.ts";
import type { ListedModel, ModelDirectory } from "../edge/gateway-api.ts";
import { mayUse } from "../policies/admit.ts";
import type { HealthRecord, HealthTracker } from "../policies/health.ts";
import { simModels } from "../sim/sim-behaviour.ts";
import { describeFidelity } from "./describe-fidelity.ts";
import { askedOf, type FactBook } from "./fact-book.ts";

const unhealthyAfter = 3;

/**
 * The models of the plan in force. Beside the configured names there is, for each provider,
 * `provider/*`: any model of the vendor can be called as `provider/model`. The simulated provider's
 * own models are listed one by one.
 */
export function createModelDirectory(
  plan: () => Plan,
  health: HealthTracker,
  facts: FactBook,
  dialects: ReadonlyMap<string, Dialect>,
): ModelDirectory {
  let listed: { readonly plan: Plan; readonly models: readonly ListedModel[] } | undefined;
  const listOf = (current: Plan): readonly ListedModel[] => {
    if (listed?.plan !== current) listed = { plan: current, models: listModels(current, health) };
    return listed.models;
  };
  return {
    withFacts: (models) => Promise.all(models.map((model) => addFacts(model, plan(), facts))),
    list: (principal) =>
      principal.models === undefined
        ? listOf(plan())
        : listOf(plan()).filter((model) => mayUse(principal, model.name)),
    get: (principal, name) => {
      const model = mayUse(principal, name) ? plan().resolve(name) : undefined;
      return model === undefined ? undefined : describe(model, plan(), health);
    },
    fidelity: (model) => describeFidelity(model, dialects),
  };
}

/** Sorted once for each plan: a list is asked for page by page. */
function listModels(plan: Plan, health: HealthTracker): readonly ListedModel[] {
  return [...configured(plan), ...direct(plan)]
    .map((model) => ({ name: model.name, describe: () => describe(model, plan, health) }))
    .sort((one, other) => (one.name < other.name ? -1 : one.name > other.name ? 1 : 0));
}

function configured(plan: Plan): readonly ModelPlan[] {
  return [...plan.models.values()];
}

function direct(plan: Plan): readonly ModelPlan[] {
  return [...plan.providers.values()].flatMap((provider) =>
    provider.dialect === "sim"
      ? Object.entries(simModels).map(([model, description]) =>
          directModel(provider, model, description),
        )
      : [directModel(provider, "*", anyModelOf(provider.row))],
  );
}

function directModel({ name }: ProviderPlan, model: string, description: string): ModelPlan {
  return {
    name: `${name}/${model}`,
    description,
    targets: [{ provider: name, model, weight: 1 }],
    fallbacks: [],
    losses: lenient,
    callerRouting: false,
  };
}

/**
 * Facts by the plan in force; a deployment that is no longer in it has those of its names alone.
 */
async function addFacts(model: Model, plan: Plan, book: FactBook): Promise<Model> {
  const targets = plan.resolve(model.name)?.targets ?? [];
  const deployments = await Promise.all(
    model.deployments.map(async (deployment, index) => {
      const at = targets[index];
      const { kind, provider, model: name } = deployment;
      const same = at?.provider === provider && at.model === name;
      const facts = await book.facts(same ? askedOf(plan, at) : { kind, model: name });
      return facts === undefined ? deployment : { ...deployment, facts };
    }),
  );
  const facts = intersectFacts(deployments.map((deployment) => deployment.facts));
  return { ...model, deployments, ...(facts === undefined ? {} : { facts }) };
}

function describe(model: ModelPlan, plan: Plan, health: HealthTracker): Model {
  return create(ModelSchema, {
    name: model.name,
    description: model.description,
    deployments: model.targets.map((target) => deployment(target, plan, health)),
    fallbacks: [...model.fallbacks],
  });
}

function deployment(target: TargetPlan, plan: Plan, health: HealthTracker): Deployment {
  const provider = plan.providers.get(target.provider);
  const serving = provider?.families.find(({ models }) => models.test(target.model)) ?? provider;
  return create(DeploymentSchema, {
    provider: target.provider,
    kind: provider?.kind ?? "",
    model: target.model,
    dialect: serving?.dialect ?? "",
    weight: target.weight,
    operations: [...(serving?.operations ?? [])],
    health: describeHealth(health.of(target)),
  });
}

function describeHealth(record: HealthRecord | undefined): Health {
  if (record === undefined) return create(HealthSchema);
  const { consecutiveFailures, lastSuccessMs, lastFailureMs, lastReason } = record;
  return create(HealthSchema, {
    state: judge(consecutiveFailures),
    consecutiveFailures,
    ...(lastSuccessMs === undefined ? {} : { lastSuccess: timestampFromMs(lastSuccessMs) }),
    ...(lastFailureMs === undefined ? {} : { lastFailure: timestampFromMs(lastFailureMs) }),
    ...(lastReason === undefined ? {} : { lastFailureReason: lastReason }),
  });
}

function judge(consecutiveFailures: number): HealthState {
  if (consecutiveFailures === 0) return HealthState.HEALTHY;
  return consecutiveFailures < unhealthyAfter ? HealthState.DEGRADED : HealthState.UNHEALTHY;
}
