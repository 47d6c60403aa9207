import { createDialects } from "./adapters/dialects.ts";
import type { ConfigHistory } from "./composition/directories/config-directory.ts";
import { createExperimentDirectory } from "./composition/directories/experiment-directory.ts";
import { createModelDirectory } from "./composition/directories/model-directory.ts";
import { createShadowDirectory } from "./composition/directories/shadow-directory.ts";
import { createTargetOperation } from "./composition/directories/target-operation.ts";
import { createUsageDirectory } from "./composition/directories/usage-directory.ts";
import { createFactBook } from "./composition/fact-book.ts";
import { createSpendReader } from "./composition/litellm/spend-reader.ts";
import { createDeploymentTranslator } from "./composition/litellm/translate-deployment.ts";
import { connectionBounds } from "./composition/outlets.ts";
import { createResponseCache } from "./composition/response-cache.ts";
import { type SeedWorld, seedBudgets } from "./composition/seed-budgets.ts";
import { createSharing } from "./composition/sharing.ts";
import {
  beginCall,
  createCompiler,
  type Lasting,
  type Snapshot,
  secondsOf,
} from "./composition/snapshot/compile-snapshot.ts";
import { createStoredAdmin } from "./composition/stored/stored-admin.ts";
import { createStoredState, type PartlyLoaded } from "./composition/stored/stored-state.ts";
import { createStoredTenants } from "./composition/tenants/stored-tenants.ts";
import { createConfigs } from "./composition/versions/create-configs.ts";
import type { World } from "./composition/world.ts";
import { healthCheckDefaults } from "./config/defaults.ts";
import type { Settings } from "./config/settings.ts";
import type { Violation } from "./config/violation.ts";
import { handleCall } from "./core/attempt.ts";
import type { Call } from "./core/call.ts";
import type { Check } from "./core/check.ts";
import { gatewayFailed } from "./core/faults/fault.ts";
import { GatewayError } from "./core/faults/gateway-error.ts";
import type { Engine, Refusal } from "./edge/gateway-api.ts";
import {
  type CheckedTarget,
  checkedTargets,
  createHealthChecks,
} from "./policies/routing/health-check/health-checks.ts";
import { createRoutingState } from "./policies/routing/routing-state.ts";
import { type ComparisonState, createComparisonState } from "./policies/shadow/comparison-state.ts";
import { recordRefusal } from "./policies/trace.ts";
import { createCheck } from "./policies/validate.ts";
import { createRedisLink } from "./state/redis/redis-link.ts";
import { createPromptCounter } from "./tokens/prompt-counter.ts";
import { createUpstream, type Upstream } from "./upstream/client.ts";
import { createLazyValidator } from "./validation/validator.ts";

/** The engine behind every edge and in process, with what its owner may do to it. */
export interface Gateway extends Engine {
  readonly snapshot: () => Snapshot;
  readonly world: World;
  /**
   * Compiles another configuration and changes nothing yet. The function that it resolves with puts
   * it in force for calls that begin from then on; running calls keep theirs. One at a time.
   */
  readonly prepare: (loaded: LoadedConfig) => Promise<Commit>;
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
export interface LoadedConfig extends PartlyLoaded {
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
  const state = createStoredState(loaded, world.schedule);
  let settings = () => loaded.settings;
  const parts = createParts(world, createCheck(validator), () => settings().redis !== undefined);
  const { upstream, dialects, redis, routing, comparisons, check, facts, cache } = parts;
  const configured = { settings: () => settings(), file: () => history.file };
  const tenants = createStoredTenants(world, configured);
  const compile = createCompiler({ ...parts, storedKeys: tenants.keys, world });
  let current = await compile(loaded.settings);
  settings = () => current.settings;
  const prices = () => current.prices;
  const configs = createConfigs({ ...world, ...configured, state, history: () => history });
  const checker = world.state.slots("health checks");
  const checkOne = (one: CheckedTarget) => current.checkTarget(one);
  const checks = createHealthChecks({ ...world, ...routing, redis, checker, check: checkOne });
  const keep = (kept: Settings): void => {
    keepCounted(comparisons, kept);
    redis.configure(kept.redis);
    checks.keep(checkedTargets(kept.models.values(), healthCheckDefaults));
    resizeAll(upstream, kept);
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
    stored: createStoredAdmin({ ...world, ...configured, state, check, prices }),
    newId: world.newId,
    readSignature: (head) => current.signatures(head),
    explain: (call) => explainAndRecord(current, world, call),
    models: createModelDirectory(settings, routing, facts, dialects.loaded),
    ...directoriesOf(settings, { routing, comparisons, world }),
    purgeCache: (filter) => cache.purge(filter),
    config: configs.directory,
    nowUnixS: secondsOf(world),
    configHash: () => current.settings.hash,
    onBug: world.onBug,
    snapshot: () => current,
    check,
    world,
    prepare: async ({ settings, warnings, file, stored, leftOut }) => {
      const next = await compile(settings);
      return (atMs = world.wallMs()) => {
        current = next;
        keep(settings);
        tenants.configured();
        history = { loadedAtMs: atMs, file, warnings };
        state.set({ stored, leftOut });
        configs.changed();
      };
    },
    refuseReload: (violations, atMs = world.wallMs()) => {
      history = { ...history, refused: { atMs, violations } };
    },
    async close() {
      checks.close();
      tenants.close();
      await closeParts(parts);
    },
  };
}

async function closeParts(parts: ReturnType<typeof createParts>): Promise<void> {
  const { comparisons, upstream, routing, cache, redis } = parts;
  await comparisons.shadowCopies.close();
  comparisons.experiments.close();
  comparisons.shadows.close();
  await upstream.close();
  routing.closeRouting();
  cache.close();
  redis.close();
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
): Pick<
  Engine,
  "targets" | "usage" | "spending" | "translateDeployment" | "experiments" | "shadows"
> {
  const { store, wallMs } = world;
  return {
    targets: createTargetOperation({ settings, ...routing, wallMs }),
    usage: createUsageDirectory({ store, wallMs }),
    spending: createSpendReader({ store, wallMs }),
    translateDeployment: createDeploymentTranslator(),
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
