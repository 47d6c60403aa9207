import { ErrorReason } from "../gen/parlance/error/v1/error_reason_pb.js";
import {
  routingMemberPaths,
  vendorFallbackMarks,
} from "./adapters/catalog/routing-member-paths.ts";
import { createDialects, type Dialects } from "./adapters/dialects.ts";
import { checkTarget, type TargetCheck } from "./composition/check-target.ts";
import {
  type ConfigHistory,
  createConfigDirectory,
} from "./composition/directories/config-directory.ts";
import { createExperimentDirectory } from "./composition/directories/experiment-directory.ts";
import { createModelDirectory } from "./composition/directories/model-directory.ts";
import { createShadowDirectory } from "./composition/directories/shadow-directory.ts";
import { createTargetOperation } from "./composition/directories/target-operation.ts";
import { createUsageDirectory } from "./composition/directories/usage-directory.ts";
import { type ExplainOptions, explainCall } from "./composition/explain.ts";
import { createFactBook, type FactBook, factQueryOf } from "./composition/fact-book.ts";
import { connectionBounds, createOutlets, dialectsOf } from "./composition/outlets.ts";
import { createPriceBook, loadPrices } from "./composition/price-book.ts";
import { createRateListener } from "./composition/rate-listener.ts";
import { createResponseCache, type ResponseCache } from "./composition/response-cache.ts";
import { type SeedWorld, seedBudgets } from "./composition/seed-budgets.ts";
import { createSharing } from "./composition/sharing.ts";
import { createStoredQuestions, type StoredQuestions } from "./composition/stored-questions.ts";
import { createStoredTenants } from "./composition/tenants/stored-tenants.ts";
import { createTokenReaders } from "./composition/token-readers.ts";
import type { World } from "./composition/world.ts";
import { healthCheckDefaults } from "./config/defaults.ts";
import type { Settings } from "./config/settings.ts";
import type { Violation } from "./config/violation.ts";
import { handleCall } from "./core/attempt.ts";
import type { PurgeFilter } from "./core/cache/entry-store.ts";
import type { Call, Handler } from "./core/call.ts";
import type { Check } from "./core/check.ts";
import type { CountPrompt } from "./core/count-prompt.ts";
import { durationMs } from "./core/duration-ms.ts";
import { gatewayFailed } from "./core/faults/fault.ts";
import { GatewayError } from "./core/faults/gateway-error.ts";
import { Life } from "./core/life.ts";
import type { FetchMedia } from "./core/media.ts";
import type { Target } from "./core/target/target.ts";
import { createTrace } from "./core/trace.ts";
import type { CallInit, Engine, Refusal } from "./edge/gateway-api.ts";
import {
  createPipeline,
  createTargetTry,
  type PolicyWorld,
  pipelineStages,
  stageNames,
} from "./pipeline.ts";
import {
  type Authenticator,
  createAuthenticator,
  type StoredKeys,
} from "./policies/authenticate.ts";
import { createSignatureReader, type SignatureReader } from "./policies/caller-signature.ts";
import { limitCall } from "./policies/deadline.ts";
import {
  type CheckedTarget,
  checkedTargets,
  createHealthChecks,
} from "./policies/routing/health-check/health-checks.ts";
import { createRoutingMembers } from "./policies/routing/routing-members.ts";
import { createRoutingState, type RoutingState } from "./policies/routing/routing-state.ts";
import { type ComparisonState, createComparisonState } from "./policies/shadow/comparison-state.ts";
import { recordRefusal } from "./policies/trace.ts";
import { createCheck } from "./policies/validate.ts";
import { createRedisLink, type RedisLink } from "./state/redis/redis-link.ts";
import type { Reservations } from "./state/reserve/reservations.ts";
import { type DetectLanguage, loadLanguageDetector } from "./tokens/language-detector.ts";
import { createPromptCounter } from "./tokens/prompt-counter.ts";
import { createUpstream, type Upstream } from "./upstream/client.ts";
import { createMediaFetcher } from "./upstream/media/media-fetcher.ts";
import { createLazyValidator } from "./validation/validator.ts";

/** What a configuration became. Immutable; a call keeps the one it began with. */
export interface Snapshot {
  readonly settings: Settings;
  readonly authenticator: Authenticator;
  readonly signatures: SignatureReader;
  readonly handler: Handler;
  readonly explain: Engine["explain"];
  /** Sends a target what it is checked by. */
  readonly checkTarget: (one: CheckedTarget) => Promise<void>;
  /** The stages of a call, outermost first. */
  readonly stages: readonly string[];
}

/** The engine behind every edge and in process, with what its owner may do to it. */
export interface Gateway extends Engine {
  readonly snapshot: () => Snapshot;
  readonly world: World;
  /**
   * Compiles another configuration and changes nothing yet. The function that it resolves with puts
   * it in force for calls that begin from then on; running calls keep theirs. One at a time.
   */
  readonly prepare: (loaded: LoadedConfig) => Promise<Commit>;
  /** What a configuration needs that there is not, such as an extension of the database. */
  readonly missingFor: (settings: Settings) => Promise<readonly Violation[]>;
  /**
   * Remembers why a configuration was refused, for ConfigService; the one in force stays. `atMs` is
   * milliseconds since 1970; default: now.
   */
  readonly refuseReload: (violations: readonly Violation[], atMs?: number) => void;
  /** Lets running calls finish, then closes the connections to vendors. */
  readonly close: () => Promise<void>;
}

/**
 * Puts a configuration in force, at once. `atMs` is when it was loaded, in milliseconds since 1970;
 * default: now.
 */
export type Commit = (atMs?: number) => void;

/** A configuration that was taken. */
export interface LoadedConfig {
  readonly settings: Settings;
  readonly warnings: readonly Violation[];
  /** The file it was read from; "" where the environment alone decided. */
  readonly file: string;
  /** When it was loaded first, in milliseconds since 1970; default: now. */
  readonly loadedAtMs?: number | undefined;
}

/**
 * The composition root: makes an engine of a configuration. Loads the dialects it needs; opens no
 * connection yet.
 */
export async function createEngine(
  loaded: LoadedConfig,
  world: World,
  validator = createLazyValidator(),
): Promise<Gateway> {
  const { file, warnings, loadedAtMs = world.wallMs() } = loaded;
  let history: ConfigHistory = { loadedAtMs, file, warnings };
  let settings = () => loaded.settings;
  const parts = createParts(world, createCheck(validator), () => settings().redis !== undefined);
  const { upstream, dialects, redis, routing, comparisons, check, facts, cache, questions } = parts;
  const configured = { settings: () => settings(), file: () => history.file };
  const tenants = createStoredTenants(world, configured);
  const compile = createCompiler({ ...parts, storedKeys: tenants.keys, world });
  let current = await compile(loaded.settings);
  settings = () => current.settings;
  const checker = world.state.slots("health checks");
  const checkOne = (one: CheckedTarget) => current.checkTarget(one);
  const checks = createHealthChecks({ ...world, ...routing, redis, checker, check: checkOne });
  const keep = (kept: Settings): void => {
    keepCounted(comparisons, kept);
    redis.configure(kept.redis);
    checks.keep(checkedTargets(kept.models.values(), healthCheckDefaults));
  };
  keep(current.settings);
  await goOnSpending(current.settings, { ...world, ...parts, store: world.store });
  await tenants.start();

  return {
    begin: (init) => beginCall(init, world),
    handle: (call) => handleCall(call, current.handler),
    refuse: (refusal) => recordNew(refusal, world),
    identify: (header, clientNames, origin) => current.authenticator(header, clientNames, origin),
    tenants: tenants.admin,
    newId: world.newId,
    readSignature: (head) => current.signatures(head),
    explain: (call) => explainAndRecord(current, world, call),
    models: createModelDirectory(settings, routing, facts, dialects.loaded),
    ...directoriesOf(settings, { routing, comparisons, world }),
    purgeCache: (filter) => purgeAnswers(parts, filter),
    config: createConfigDirectory(settings, () => history, world.loadConfig),
    nowUnixS: secondsOf(world),
    configHash: () => current.settings.hash,
    onBug: world.onBug,
    snapshot: () => current,
    check,
    world,
    prepare: async ({ settings, warnings, file }) => {
      const next = await compile(settings);
      return (atMs = world.wallMs()) => {
        current = next;
        keep(settings);
        tenants.configured();
        resizeAll(upstream, settings);
        history = { loadedAtMs: atMs, file, warnings };
      };
    },
    missingFor: (settings) => questions.prepare(settings),
    refuseReload: (violations, atMs = world.wallMs()) => {
      history = { ...history, refused: { atMs, violations } };
    },
    async close() {
      checks.close();
      tenants.close();
      await comparisons.shadowCopies.close();
      comparisons.experiments.close();
      comparisons.shadows.close();
      await upstream.close();
      routing.closeRouting();
      cache.close();
      redis.close();
    },
  };
}

/** Gives up stored answers, and the questions by which they are found. */
function purgeAnswers(
  { cache, questions }: Pick<Lasting, "cache" | "questions">,
  filter: PurgeFilter,
): Promise<number> {
  questions.purge(filter);
  return cache.purge(filter);
}

/** Makes what outlives snapshots. */
function createParts(world: World, check: Check, hasRedis: () => boolean) {
  const redis = createRedisLink(world.notice);
  const sharing = createSharing(redis, world, hasRedis);
  return {
    ...sharing,
    redis,
    check,
    upstream: createUpstream({ clock: world, state: world.state }),
    dialects: createDialects(),
    routing: createRoutingState({ ...world, ...sharing, redis }),
    comparisons: createComparisonState({ ...world, ...sharing }),
    facts: createFactBook(world.readFacts, world.onBug),
    countPrompt: createPromptCounter(),
    cache: createResponseCache({ ...world, ...sharing, redis }),
    questions: createStoredQuestions({ ...world, store: world.store, redis, shares: hasRedis }),
  };
}

/** Budgets go on where the ledger of a database says that they were; else they begin at 0. */
async function goOnSpending(
  { store }: Settings,
  world: SeedWorld & Pick<World, "onBug">,
): Promise<void> {
  if (store === undefined) return;
  await seedBudgets(world).catch((error: unknown) => {
    if (!(error instanceof GatewayError)) world.onBug(error);
  });
}

/** What admins see and do beside calls. */
function directoriesOf(
  settings: () => Settings,
  { routing, comparisons, world }: Pick<Lasting, "routing" | "comparisons" | "world">,
): Pick<Engine, "targets" | "usage" | "experiments" | "shadows"> {
  const { store, wallMs } = world;
  return {
    targets: createTargetOperation({ settings, ...routing, wallMs }),
    usage: createUsageDirectory({ store, wallMs }),
    experiments: createExperimentDirectory(settings, comparisons.experiments),
    shadows: createShadowDirectory(settings, comparisons.shadows),
  };
}

/** Gives each provider as many connections as a configuration allows. */
function resizeAll(upstream: Upstream, { providers }: Settings): void {
  for (const provider of providers.values())
    upstream.resize(provider.name, connectionBounds(provider));
}

/** Records a refusal under an id of its own, and gives that. */
function recordNew(refusal: Refusal, world: World): string {
  const callId = world.newId();
  world.record(recordRefusal(refusal, callId));
  return callId;
}

/** Keeps what was counted of the experiments and shadows of a configuration, and forgets the rest. */
function keepCounted({ experiments, shadows }: ComparisonState, { models }: Settings): void {
  const all = [...models.values()];
  experiments.keep(all.flatMap(({ experiment }) => experiment ?? []));
  shadows.keep(all.flatMap(({ shadow }) => shadow ?? []));
}

/** Records the dry runs that fail, which have no stage that does. */
async function explainAndRecord({ explain }: Snapshot, world: World, call: Call) {
  try {
    return await explain(call);
  } catch (error) {
    const fault = error instanceof GatewayError ? error.fault : gatewayFailed;
    world.record(
      recordRefusal({ operation: "explain", principal: call.trace.principal, fault }, call.id),
    );
    throw error;
  }
}

/** Whole seconds since 1970. */
function secondsOf({ wallMs }: World): () => number {
  return () => Math.floor(wallMs() / 1000);
}

function beginCall({ timeoutMs, ...init }: CallInit, world: World): Call {
  const life = new Life(world);
  const call = { ...init, id: world.newId(), life, trace: createTrace(world.nowMs) };
  if (timeoutMs !== undefined) limitCall(call, timeoutMs, ErrorReason.DEADLINE_EXCEEDED);
  return call;
}

/** What snapshots are compiled from and outlives them. */
interface Lasting {
  readonly upstream: Upstream;
  readonly dialects: Dialects;
  readonly routing: RoutingState;
  readonly comparisons: ComparisonState;
  readonly redis: RedisLink;
  readonly check: Check;
  readonly facts: FactBook;
  readonly countPrompt: CountPrompt;
  readonly cache: ResponseCache;
  readonly questions: StoredQuestions;
  readonly reservations: Reservations;
  readonly storedKeys: StoredKeys;
  readonly world: World;
}

function createCompiler(lasting: Lasting): (settings: Settings) => Promise<Snapshot> {
  const { upstream, dialects, routing, comparisons, redis, facts, world, ...rest } = lasting;
  const { check, countPrompt, cache, questions, reservations, storedKeys } = rest;
  const tokenReaders = createTokenReaders(world.wallMs);
  const routingMembers = createRoutingMembers(Object.values(routingMemberPaths).flat());
  return async (settings) => {
    await dialects.load(dialectsOf(settings.providers));
    const outletWorld = { ...world, ...routing, upstream };
    const outlets = createOutlets(settings.providers, dialects.loaded, outletWorld);
    const authenticator = createAuthenticator(settings, await tokenReaders(settings), storedKeys);
    const signatures = createSignatureReader(settings, world.wallMs);
    const book = createPriceBook({
      rules: settings.prices,
      listed: (target) => facts.prices(factQueryOf(settings, target)),
      wallMs: world.wallMs,
    });
    await loadPrices(settings, book);
    const prices = (target: Target) => {
      const entry = book.entry(target);
      return entry instanceof Promise ? entry.then(({ prices: known }) => known) : entry.prices;
    };
    const policyWorld: PolicyWorld = {
      ...world,
      ...routing,
      targetFacts: (target) => facts.facts(factQueryOf(settings, target)),
      ...comparisons,
      prices,
      priceList: book,
      redis,
      reservations,
      check,
      countPrompt,
      languageOf: await languageDetector(settings),
      authenticator,
      routingMembers,
      vendorFallbacks: vendorFallbackMarks,
      outlet: (provider) => world.outlet?.(provider) ?? outlets.get(provider),
      fetchMedia: mediaFetcher(settings, world),
      cache: await cache.storesFor(settings),
      storedQuestions: questions.index,
    };
    const pipeline = pipelineStages(settings, policyWorld);
    const maxOutput = (target: Target) => facts.maxOutput(factQueryOf(settings, target));
    const heard = createRateListener(policyWorld.usedRates);
    const dispatching = { maxOutput, heard, nowUnixS: secondsOf(world) };
    const checking: TargetCheck = {
      settings,
      outlet: policyWorld.outlet,
      begin: (init) => beginCall(init, world),
      tryTarget: (plan, answer) => createTargetTry(pipeline, dispatching, { plan, answer }),
      onBug: world.onBug,
    };
    const explaining: ExplainOptions = { pipeline, settings, world: policyWorld, maxOutput };
    return {
      settings,
      authenticator,
      signatures,
      handler: createPipeline(pipeline, dispatching),
      checkTarget: (one) => checkTarget(checking, one),
      explain: (call) =>
        explainCall(explaining, call).finally(() => call.life.end({ kind: "whole" })),
      stages: stageNames(pipeline),
    };
  };
}

/** The data of languages is loaded for conditions that ask for one, and for no others. */
async function languageDetector({ rules }: Settings): Promise<DetectLanguage> {
  return rules?.attributes.has("language") === true ? await loadLanguageDetector() : () => "";
}

function mediaFetcher({ config }: Settings, { lookup, schedule }: World): FetchMedia | undefined {
  const { mediaFetch } = config;
  if (mediaFetch.disabled) return undefined;
  const timeoutMs = durationMs(mediaFetch.timeout);
  return createMediaFetcher({ ...mediaFetch, timeoutMs, lookup, schedule });
}
