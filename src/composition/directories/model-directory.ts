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
} from "../../../gen/parlance/admin/v1/model_pb.js";
import { ObjectOrigin } from "../../../gen/parlance/admin/v1/origin_pb.js";
import { anyModelOf } from "../../adapters/catalog/any-model-of.ts";
import type {
  ConfiguredModel,
  ConfiguredProvider,
  Settings,
  WeightedTarget,
} from "../../config/settings.ts";
import type { Principal } from "../../core/call.ts";
import type { Dialect } from "../../core/dialect.ts";
import { intersectFacts } from "../../core/facts/intersect-facts.ts";
import type { ListedModel, ModelDirectory } from "../../edge/gateway-api.ts";
import { mayUse } from "../../policies/admit.ts";
import type { HealthRecord } from "../../policies/routing/circuits/health.ts";
import type { RoutingState } from "../../policies/routing/routing-state.ts";
import { simModels } from "../../sim/sim-behaviour.ts";
import { type FactBook, factQueryOf } from "../fact-book.ts";
import { circuitStates, describeCredentials } from "./describe-credentials.ts";
import { describeFidelity } from "./describe-fidelity.ts";
import { describeSpeed } from "./describe-speed.ts";
import { describeOrder } from "./target-operation.ts";

const unhealthyAfter = 3;

/** How targets do, and what operators have set for them. */
export type TargetStates = Pick<RoutingState, "health" | "orders" | "latency" | "credentials">;

/**
 * The models of the settings in force. Beside the configured names, patterns among them, there is,
 * for each provider, `provider/*`: any model of the vendor can be called as `provider/model`. The
 * simulated provider's own models are listed one by one.
 */
export function createModelDirectory(
  settings: () => Settings,
  states: TargetStates,
  facts: FactBook,
  dialects: ReadonlyMap<string, Dialect>,
): ModelDirectory {
  let listed:
    | { readonly settings: Settings; readonly models: readonly ListedTargets[] }
    | undefined;
  const listOf = (current: Settings): readonly ListedTargets[] => {
    if (listed?.settings !== current)
      listed = { settings: current, models: listModels(current, states) };
    return listed.models;
  };
  return {
    unknownFields: (name) => settings().resolve(name)?.settings.unknownFields ?? 0,
    withFacts: (models) => Promise.all(models.map((model) => addFacts(model, settings(), facts))),
    list: (principal) => listFor(principal, settings(), listOf(settings()), states),
    get: (principal, name) => {
      const stands = principal.aliases?.get(name);
      if (stands === undefined && !mayUse(principal, name)) return undefined;
      const model = settings().resolve(stands ?? name);
      if (model === undefined || !reaches(principal, model.targets)) return undefined;
      return describe(model, settings(), states, name);
    },
    fidelity: (model) => describeFidelity(model, dialects),
  };
}

/** What a caller may call, and under the names that its key has. */
function listFor(
  principal: Principal,
  settings: Settings,
  all: readonly ListedTargets[],
  states: TargetStates,
): readonly ListedModel[] {
  const { models, targets, aliases } = principal;
  if (models === undefined && targets === undefined && aliases === undefined) return all;
  const own = [...(aliases ?? [])].flatMap(([name, stands]) => {
    const model = settings.resolve(stands);
    return model === undefined ? [] : listed(name, model, settings, states);
  });
  const names = new Set(own.map(({ name }) => name));
  const others = all.filter(({ name }) => mayUse(principal, name) && !names.has(name));
  return [...own, ...others]
    .filter((one) => reaches(principal, one.targets))
    .sort((one, other) => compareNames(one.name, other.name));
}

/** Whether a caller may go to one of the targets. */
function reaches(principal: Principal, targets: readonly WeightedTarget[]): boolean {
  const { targets: allowed } = principal;
  if (allowed === undefined) return true;
  return targets.some(({ provider, model }) => allowed.has(`${provider}/${model}`));
}

/** A model of a list with where it is served. */
interface ListedTargets extends ListedModel {
  readonly targets: readonly WeightedTarget[];
}

function listed(
  name: string,
  model: ConfiguredModel,
  settings: Settings,
  states: TargetStates,
): ListedTargets {
  const { targets } = model;
  return { name, targets, describe: () => describe(model, settings, states, name) };
}

/** The aliases that are listed. Patterns are in no list, and are left out here. */
function listAliases(settings: Settings, states: TargetStates): readonly ListedTargets[] {
  return Array.from(settings.aliases.values()).flatMap(({ name, hidden }) => {
    const model = hidden ? undefined : settings.resolve(name);
    return model === undefined ? [] : listed(name, model, settings, states);
  });
}

/** Sorted once for all pages of a list. */
function listModels(settings: Settings, states: TargetStates): readonly ListedTargets[] {
  const configured = Array.from(settings.models.values()).flatMap((model) =>
    model.settings.hidden ? [] : listed(model.settings.name, model, settings, states),
  );
  const direct = [...settings.providers.values()].flatMap(directModels).map((one) => ({
    name: one.name,
    targets: one.targets,
    describe: () =>
      create(ModelSchema, { ...one, deployments: deployments(one, settings, states) }),
  }));
  return [...configured, ...listAliases(settings, states), ...direct].sort((one, other) =>
    compareNames(one.name, other.name),
  );
}

function compareNames(one: string, other: string): number {
  return one < other ? -1 : one > other ? 1 : 0;
}

/** Models of a provider that can be called without being configured. */
interface DirectModel extends Pick<Model, "name" | "description"> {
  readonly targets: readonly WeightedTarget[];
}

function directModels({ name: provider, row }: ConfiguredProvider): readonly DirectModel[] {
  const models =
    row.dialect === "sim" ? Object.entries(simModels) : [["*", anyModelOf(row)] as const];
  return models.map(([model, description]) => ({
    name: `${provider}/${model}`,
    description,
    targets: [{ provider, model, weight: 1 }],
  }));
}

/**
 * Facts by the settings in force; a deployment that is no longer in them has those of its names
 * alone.
 */
async function addFacts(model: Model, settings: Settings, book: FactBook): Promise<Model> {
  const targets = settings.resolve(model.name)?.targets ?? [];
  const deployments = await Promise.all(
    model.deployments.map(async (deployment, index) => {
      const at = targets[index];
      const { kind, provider, model: name } = deployment;
      const same = at?.provider === provider && at.model === name;
      const facts = await book.facts(same ? factQueryOf(settings, at) : { kind, model: name });
      return facts === undefined ? deployment : { ...deployment, facts };
    }),
  );
  const facts = intersectFacts(deployments.map((deployment) => deployment.facts));
  return { ...model, deployments, ...(facts === undefined ? {} : { facts }) };
}

function describe(
  model: ConfiguredModel,
  settings: Settings,
  states: TargetStates,
  name: string,
): Model {
  const { description, fallbacks } = model.settings;
  return create(ModelSchema, {
    name,
    origin: originOf(model.settings.name, settings),
    description,
    deployments: deployments(
      { name: model.settings.name, targets: model.targets },
      settings,
      states,
    ),
    fallbacks: [...fallbacks],
  });
}

function originOf(name: string, { models, stored }: Settings): ObjectOrigin {
  if (stored?.models.has(name) === true) return ObjectOrigin.STORE;
  return models.has(name) ? ObjectOrigin.FILE : ObjectOrigin.UNSPECIFIED;
}

function deployments(
  { name, targets }: Pick<DirectModel, "name" | "targets">,
  settings: Settings,
  states: TargetStates,
): Deployment[] {
  return targets.map((target) => {
    const order = states.orders.of(target, name);
    const one = deployment(target, settings, states);
    return order === undefined ? one : { ...one, order: describeOrder(order) };
  });
}

function deployment(target: WeightedTarget, settings: Settings, states: TargetStates): Deployment {
  const provider = settings.providers.get(target.provider);
  const serving =
    provider?.families.find(({ models }) => models.test(target.model)) ?? provider?.row;
  return create(DeploymentSchema, {
    provider: target.provider,
    kind: provider?.row.id ?? "",
    model: target.model,
    dialect: serving?.dialect ?? "",
    weight: target.weight,
    operations: [...(serving?.operations ?? [])],
    health: describeHealth(states.health.of(target)),
    ...describeSpeed(states.latency, target),
    credentials: provider === undefined ? [] : describeCredentials(provider, states.credentials),
    ...(target.traits === undefined ? {} : { traits: target.traits }),
  });
}

function describeHealth(record: HealthRecord | undefined): Health {
  if (record === undefined) return create(HealthSchema);
  const { consecutiveFailures, lastSuccessMs, lastFailureMs, lastReason, circuit } = record;
  const { openedMs, openReason } = record;
  return create(HealthSchema, {
    state: healthStateOf(consecutiveFailures),
    consecutiveFailures,
    ...(lastSuccessMs === undefined ? {} : { lastSuccess: timestampFromMs(lastSuccessMs) }),
    ...(lastFailureMs === undefined ? {} : { lastFailure: timestampFromMs(lastFailureMs) }),
    ...(lastReason === undefined ? {} : { lastFailureReason: lastReason }),
    circuit: circuitStates[circuit.state],
    ...(openedMs === undefined ? {} : { circuitOpened: timestampFromMs(openedMs) }),
    ...(openReason === undefined ? {} : { circuitReason: openReason }),
    ...("untilMs" in circuit ? { nextProbe: timestampFromMs(circuit.untilMs) } : {}),
  });
}

function healthStateOf(consecutiveFailures: number): HealthState {
  if (consecutiveFailures === 0) return HealthState.HEALTHY;
  return consecutiveFailures < unhealthyAfter ? HealthState.DEGRADED : HealthState.UNHEALTHY;
}
