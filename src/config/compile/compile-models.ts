import type { Alias } from "../../../gen/parlance/config/v1/alias_pb.js";
import { MidStream } from "../../../gen/parlance/config/v1/mid_stream_pb.js";
import type { Timeouts } from "../../../gen/parlance/config/v1/provider_pb.js";
import { Strategy } from "../../../gen/parlance/config/v1/strategy_pb.js";
import type { Target } from "../../../gen/parlance/config/v1/target_pb.js";
import type { ModelFacts } from "../../../gen/parlance/model/v1/model_facts_pb.js";
import { mergeFacts } from "../../core/facts/merge-facts.ts";
import type { Steps } from "../../core/steps.ts";
import type { TargetTimeouts } from "../../core/target/target.ts";
import { durationMs } from "../../core/time/duration-ms.ts";
import { type ConfigScope, inElement, inField, problem } from "../config-scope.ts";
import { deepFreeze } from "../deep-freeze.ts";
import type { FilledModel, FilledTarget } from "../defaults.ts";
import { type KnownNames, splitModelName } from "../known-names.ts";
import { findCycles } from "../loading/find-cycles.ts";
import type { ConfiguredModel, WeightedTarget } from "../settings.ts";
import { checkExperimentNames, compileExperiment } from "./compile-experiment.ts";
import { compileFacts } from "./compile-facts.ts";
import { checkShadowCount, compileShadow } from "./compile-shadow.ts";
import { compileTraits } from "./compile-traits.ts";

/** Compiles the aliases and checks what they refer to. */
export function* compileModels(
  models: readonly FilledModel[],
  names: KnownNames,
  scope: ConfigScope,
): Steps<ReadonlyMap<string, ConfiguredModel>> {
  const compiled = new Map<string, ConfiguredModel>();
  for (const [index, settings] of models.entries()) {
    yield;
    const at = inElement(scope, index);
    checkName(settings.name, compiled, names, inField(at, "name"));
    checkStars(settings, at);
    const facts = compileFacts(settings.facts, inField(at, "facts"));
    const compileList = (list: readonly FilledTarget[], scope: ConfigScope) =>
      compileTargets({ settings, facts, names }, list, scope);
    const targets = compileList(settings.targets, inField(at, "targets"));
    const experiment = compileExperiment(settings, compileList, inField(at, "experiment"));
    const checkReference = (name: string, place: ConfigScope) =>
      checkModelReference(name, names, place);
    const shadow = compileShadow(settings, checkReference, inField(at, "shadow"));
    checkHedge(settings, inField(at, "hedge"));
    checkSticky(settings, inField(at, "sticky"));
    checkMidStream(settings, at);
    checkSemanticCache(settings, names, inField(at, "semantic_cache"));
    for (const list of fallbackLists)
      checkFallbacks(settings[list.member], names, inField(at, list.field));
    if (settings.name === "" || compiled.has(settings.name)) continue;
    const more = { ...(experiment && { experiment }), ...(shadow && { shadow }) };
    compiled.set(settings.name, deepFreeze({ settings, targets, ...more }));
  }
  checkExperimentNames(models, scope);
  checkShadowCount(models, scope);
  return compiled;
}

function checkName(
  name: string,
  earlier: ReadonlyMap<string, unknown>,
  { providers }: KnownNames,
  scope: ConfigScope,
): void {
  if (earlier.has(name)) {
    problem(scope, {
      message: "another model has this name",
      hint: "join their targets, or rename one",
      ruleId: "duplicate_model",
    });
  }
  const split = splitModelName(name);
  if (split === undefined || !providers.has(split.provider)) return;
  problem(scope, {
    message: `hides the models of the provider ${split.provider}`,
    hint: `names that begin with ${split.provider}/ are that provider's own`,
    ruleId: "model_shadows_provider",
  });
}

function checkSticky({ sticky, strategy }: FilledModel, scope: ConfigScope): void {
  if (sticky === undefined || strategy === Strategy.STICKY) return;
  problem(scope, {
    message: "has no effect, for the strategy is another",
    hint: "write strategy: STICKY, or leave sticky out",
    ruleId: "sticky_strategy",
  });
}

function checkHedge({ hedge }: FilledModel, scope: ConfigScope): void {
  if (hedge === undefined) return;
  const { after, afterP95 } = hedge;
  if (after !== undefined && afterP95 === true)
    problem(scope, {
      message: "has both after and after_p95",
      hint: "leave one of them out",
      ruleId: "hedge_delay",
    });
  if (after === undefined && afterP95 === false)
    problem(scope, {
      message: "says neither after what time a second target is called, nor after_p95",
      hint: "write { after: 200ms } or { after_p95: true }",
      ruleId: "hedge_delay",
    });
}

/** What would never act is a mistake. */
function checkMidStream({ midStream, hold, continuation }: FilledModel, scope: ConfigScope): void {
  const check = (name: "hold" | "continuation", mode: "HOLD" | "CONTINUE"): void =>
    problem(inField(scope, name), {
      message: `is for mid_stream: ${mode}`,
      hint: `write mid_stream: ${mode} beside it, or leave it out`,
      ruleId: "mid_stream",
    });
  if (hold !== undefined && midStream !== MidStream.HOLD) check("hold", "HOLD");
  if (continuation !== undefined && midStream !== MidStream.CONTINUE)
    check("continuation", "CONTINUE");
}

/** A `*` of a target or a fallback takes over what that of the name stands for. */
function checkStars(model: FilledModel, scope: ConfigScope): void {
  const { name, targets } = model;
  const stars = countStars(name);
  if (stars > 1) {
    problem(inField(scope, "name"), {
      message: "has more than one `*`",
      hint: "one `*` stands for any text, as in `fast-*`",
      ruleId: "model_pattern",
    });
  }
  const check = (text: string, at: ConfigScope): void => {
    if (countStars(text) <= Math.min(1, stars)) return;
    problem(at, {
      message: stars === 0 ? "has a `*`, and the model's name has none" : "has more than one `*`",
      hint: "a `*` takes over the text that the `*` of the name stands for",
      ruleId: "model_pattern",
    });
  };
  const checkTargets = (list: readonly FilledTarget[], all: ConfigScope): void => {
    for (const [index, { model, baseModel }] of list.entries()) {
      check(model, inField(inElement(all, index), "model"));
      check(baseModel, inField(inElement(all, index), "base_model"));
    }
  };
  checkTargets(targets, inField(scope, "targets"));
  const arms = inField(inField(scope, "experiment"), "arms");
  for (const [index, arm] of (model.experiment?.arms ?? []).entries())
    checkTargets(arm.targets, inField(inElement(arms, index), "targets"));
  for (const { member, field } of fallbackLists)
    for (const [index, fallback] of model[member].entries())
      check(fallback, inElement(inField(scope, field), index));
}

function countStars(text: string): number {
  return text.split("*").length - 1;
}

/** What the targets of a model have in common. */
interface Served {
  readonly settings: FilledModel;
  /** What the file says of the model at every target. */
  readonly facts: ModelFacts | undefined;
  readonly names: KnownNames;
}

function compileTargets(
  { settings: model, facts, names }: Served,
  list: readonly FilledTarget[],
  all: ConfigScope,
): WeightedTarget[] {
  const targets = list.flatMap((target, index): WeightedTarget[] => {
    const at = inElement(all, index);
    const served = compileServed(target, facts, at);
    const split = splitModelName(target.model);
    if (split === undefined) return [];
    const named = {
      model: served.baseModel ?? split.model,
      kind: names.kindOf(split.provider),
    };
    const traits = compileTraits(named, served.facts, [model.traits, target.traits]);
    if (!names.providers.has(split.provider)) {
      reportProvider(split.provider, names, inField(at, "model"));
    }
    const known = traits === undefined ? undefined : { traits };
    const bounds = compileBounds(model, target);
    return [{ ...split, weight: target.weight, ...served, ...known, ...bounds }];
  });
  if (list.length > 0 && list.every((target) => target.weight === 0)) {
    problem(all, {
      message: "every target has weight 0, so none would ever be called",
      hint: "give one a weight of 1",
      ruleId: "weights_zero",
    });
  }
  return targets;
}

/** What the file says of the order of a target, of how much it is called and which calls. */
function compileBounds(
  model: FilledModel,
  { order, maxInFlight, timeouts: own, labels, tags, ...target }: Target,
): Pick<WeightedTarget, "order" | "maxInFlight" | "timeouts" | "labels" | "tags" | "rates"> {
  const timeouts = { ...timeoutsOf(model.timeouts), ...timeoutsOf(own) };
  return {
    ...(order === undefined ? undefined : { order }),
    ...(maxInFlight === undefined ? undefined : { maxInFlight }),
    ...(Object.keys(timeouts).length === 0 ? undefined : { timeouts }),
    ...(Object.keys(labels).length === 0 ? undefined : { labels: { ...labels } }),
    ...(tags.length === 0 ? undefined : { tags: [...tags] }),
    ...ratesOf(target),
  };
}

function ratesOf({
  model: name,
  requestsPerMinute: requests,
  tokensPerMinute: tokens,
}: Pick<Target, "model" | "requestsPerMinute" | "tokensPerMinute">): Pick<WeightedTarget, "rates"> {
  if (requests === undefined && tokens === undefined) return {};
  return {
    rates: {
      name,
      ...(requests === undefined ? undefined : { requests }),
      ...(tokens === undefined ? undefined : { tokens }),
    },
  };
}

function timeoutsOf(timeouts: Timeouts | undefined): TargetTimeouts {
  if (timeouts === undefined) return {};
  const { connect, firstToken, idle, total } = timeouts;
  return {
    ...(connect === undefined ? undefined : { connectMs: durationMs(connect) }),
    ...(firstToken === undefined ? undefined : { firstTokenMs: durationMs(firstToken) }),
    ...(idle === undefined ? undefined : { idleMs: durationMs(idle) }),
    ...(total === undefined ? undefined : { totalMs: durationMs(total) }),
  };
}

/** What the file says of the model that a target serves. */
function compileServed(
  { baseModel, facts: configured }: Target,
  ofModel: ModelFacts | undefined,
  scope: ConfigScope,
): Pick<WeightedTarget, "baseModel" | "facts"> {
  const own = compileFacts(configured, inField(scope, "facts"));
  const facts =
    own === undefined || ofModel === undefined ? (own ?? ofModel) : mergeFacts(ofModel, own);
  return { ...(baseModel === "" ? {} : { baseModel }), ...(facts === undefined ? {} : { facts }) };
}

function reportProvider(
  provider: string,
  { providers, nearestProvider }: KnownNames,
  scope: ConfigScope,
): void {
  const hint = () => {
    const near = nearestProvider(provider);
    if (near !== undefined) return `did you mean \`${near}\`?`;
    return providers.size === 0
      ? "add one under providers"
      : `configured: ${[...providers].slice(0, 20).join(", ")}`;
  };
  problem(scope, { message: `there is no provider ${provider}`, hint, ruleId: "unknown_provider" });
}

/** The lists of models that a model falls back to. */
const fallbackLists = [
  { member: "fallbacks", field: "fallbacks" },
  { member: "contextFallbacks", field: "context_fallbacks" },
  { member: "contentFallbacks", field: "content_fallbacks" },
] as const;

/** Reports names of fallbacks that stand for no model. */
export function checkFallbacks(
  fallbacks: readonly string[],
  names: KnownNames,
  scope: ConfigScope,
): void {
  for (const [index, fallback] of fallbacks.entries()) {
    if (fallback !== "") checkModelReference(fallback, names, inElement(scope, index));
  }
}

function checkSemanticCache(
  { cache, semanticCache }: FilledModel,
  names: KnownNames,
  scope: ConfigScope,
): void {
  if (semanticCache === undefined) return;
  if (cache === undefined)
    problem(scope, {
      message: "needs the stored answers of `cache`",
      hint: "write cache: {} beside it, which says how long they are kept and who shares them",
      ruleId: "semantic_cache_alone",
    });
  const { embedModel } = semanticCache;
  if (embedModel !== "") checkModelReference(embedModel, names, inField(scope, "embed_model"));
}

/** Reports a model name that neither is or fits an alias nor begins with a declared provider. */
export function checkModelReference(name: string, names: KnownNames, scope: ConfigScope): void {
  if (names.aliases.has(name) || names.fitsPattern(name)) return;
  const split = splitModelName(name);
  if (split !== undefined && names.providers.has(split.provider)) return;
  const hint = () => {
    const near = names.nearestAlias(name);
    return near === undefined
      ? "name a model of this file, or provider/model"
      : `did you mean \`${near}\`?`;
  };
  problem(scope, { message: `there is no model ${name}`, hint, ruleId: "unknown_model" });
}

/** Models, and other names for them. */
interface NamedModels {
  readonly models: readonly FilledModel[];
  readonly aliases: ReadonlyMap<string, Alias>;
}

/** Reports fallbacks of one kind that go round in a circle, also by other names of models. */
export function* reportCycles(named: NamedModels, scope: ConfigScope): Steps<void> {
  for (const list of fallbackLists) yield* reportCyclesOf(list, named, scope);
}

function* reportCyclesOf(
  { member, field }: (typeof fallbackLists)[number],
  { models, aliases }: NamedModels,
  scope: ConfigScope,
): Steps<void> {
  const edges = new Map<string, readonly string[]>();
  for (const model of models) edges.set(model.name, edges.get(model.name) ?? model[member]);
  for (const { name, model } of aliases.values()) if (!edges.has(name)) edges.set(name, [model]);
  const named = new Set(models.map(({ name }) => name));
  for (const cycle of yield* findCycles(edges)) {
    const name = cycle.findLast((one) => named.has(one));
    // A circle of aliases alone is theirs to report.
    if (name === undefined) continue;
    const index = models.findIndex((model) => model.name === name);
    const following = cycle[cycle.lastIndexOf(name) + 1] ?? cycle[0] ?? "";
    const closing = Math.max(0, models[index]?.[member].indexOf(following) ?? 0);
    const several = new Set(cycle.filter((one) => named.has(one))).size > 1;
    const place = inElement(inField(inElement(scope, index), field), closing);
    reportCycle(field, cycle, several, place);
  }
}

/** Several models may stand in for each other; one that falls back to itself is a mistake. */
function reportCycle(
  field: string,
  cycle: readonly string[],
  several: boolean,
  scope: ConfigScope,
): void {
  const circle = `the ${field} go round in a circle: ${printCycle(cycle)}`;
  problem(scope, {
    message: circle,
    hint: several
      ? "take one of them out, or set routing.allow_fallback_cycles: each is tried once"
      : "take one of them out",
    ruleId: several ? "fallback_cycle" : "fallback_itself",
  });
}

/** As many names of a circle are printed at its start and at its end. */
const shownNames = 5;

function printCycle(cycle: readonly string[]): string {
  const left = cycle.length - 2 * shownNames;
  const names =
    left <= 1
      ? cycle
      : [...cycle.slice(0, shownNames), `(${left} more)`, ...cycle.slice(-shownNames)];
  return [...names, cycle[0]].join(" -> ");
}
