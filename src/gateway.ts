import { createDialects } from "./adapters/dialects.ts";
import { goOnSpending } from "./composition/budgets/seed-budgets.ts";
import { ConfigError } from "./composition/config-error.ts";
import { contentMethods } from "./composition/content/content-methods.ts";
import { startContentRetention } from "./composition/content/content-retention.ts";
import type { ConfigHistory } from "./composition/directories/config-directory.ts";
import { createDirectories } from "./composition/directories/create-directories.ts";
import { createModelDirectory } from "./composition/directories/model-directory.ts";
import { createFactBook } from "./composition/fact-book.ts";
import { guardFaults } from "./composition/guards/create-guards.ts";
import type { ReadableMetrics } from "./composition/metrics/metric-directory.ts";
import { connectionBounds } from "./composition/outlets.ts";
import { createPrivacy } from "./composition/privacy/privacy-methods.ts";
import { createResponseCache } from "./composition/response-cache.ts";
import { createSharing } from "./composition/sharing.ts";
import {
  beginCall,
  createCompiler,
  type Snapshot,
  secondsOf,
} from "./composition/snapshot/compile-snapshot.ts";
import { createStoredAdmin } from "./composition/stored/stored-admin.ts";
import { createStoredQuestions } from "./composition/stored/stored-questions.ts";
import { createStoredState, type PartlyLoaded } from "./composition/stored/stored-state.ts";
import { tellGateways } from "./composition/tell-gateways.ts";
import {
  createStoredTenants,
  type StoredTenantsOptions,
} from "./composition/tenants/stored-tenants.ts";
import { timeOrderedId } from "./composition/time-ordered-id.ts";
import { createConfigs } from "./composition/versions/create-configs.ts";
import type { World } from "./composition/world.ts";
import { healthCheckDefaults } from "./config/defaults.ts";
import type { Settings } from "./config/settings.ts";
import type { Violation } from "./config/violation.ts";
import { handleCall } from "./core/attempt.ts";
import type { PurgeFilter } from "./core/cache/entry-store.ts";
import type { Call } from "./core/call.ts";
import type { Check } from "./core/check.ts";
import { gatewayFailed } from "./core/faults/fault.ts";
import { GatewayError } from "./core/faults/gateway-error.ts";
import type { Engine, Refusal } from "./edge/gateway-api.ts";
import {
  type CheckedTarget,
  checkedTargets,
  createHealthChecks,
  type HealthChecks,
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
  readonly metrics: ReadableMetrics;
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
  const { dialects, routing, comparisons, check, facts } = parts;
  const configured = { settings: () => settings(), file: () => history.file };
  const onBack = () => void goOnSpending(current.settings, spending);
  const announcing = world.store && tellGateways(world.store, parts.share);
  const announcer = { ...world, ...(announcing && { store: announcing.store }) };
  const persons = personsOf(parts, { ...world, ...configured });
  const tenants = createStoredTenants(announcer, { ...configured, ...parts, onBack, persons });
  const compile = createCompiler({ ...parts, ...tenants, storedKeys: tenants.keys, world });
  let current = await compile(await withoutFaults(loaded));
  settings = () => current.settings;
  const prices = () => current.prices;
  const configs = createConfigs({ ...announcer, ...configured, state, history: () => history });
  const checks = createChecks({ ...parts, world }, (one) => current.checkTarget(one));
  const keep = (kept: Settings): void => {
    keepParts(parts, kept);
    checks.keep(checkedTargets(kept.models.values(), healthCheckDefaults));
  };
  keep(current.settings);
  await tenants.start();
  const expiring = startContentRetention({ ...world, ...configured, teams: tenants.withContent });
  const spending = { ...world, ...parts, store: world.store, tenants };
  await goOnSpending(current.settings, spending);
  return {
    ...{ world, check, newId: world.newId, onBug: world.onBug, testSinks: testsOf(world) },
    begin: (init) => beginCall(init, world, current.settings),
    handle: (call) => handleCall(call, current.handler),
    refuse: (refusal) => recordNew(refusal, world),
    identify: (header, clientNames, origin) => current.authenticator(header, clientNames, origin),
    tenants: tenants.admin,
    contents: contentMethods(world),
    stored: createStoredAdmin({ ...announcer, ...configured, state, check, prices }),
    signIns: () => settings().issuers.flatMap(({ signIn }) => signIn ?? []),
    readSignature: (head) => current.signatures(head),
    explain: (call) => explainAndRecord(current, world, call),
    models: createModelDirectory(settings, routing, facts, dialects.loaded),
    ...createDirectories(settings, {
      ...{ routing, comparisons, reservations: parts.reservations, world, snapshot: () => current },
      estimate: (init, id) => current.estimate({ ...beginCall(init, world), id }),
    }),
    purgeCache: (filter) => purgeAnswers(parts, filter),
    config: configs.directory,
    ...{ nowUnixS: secondsOf(world), configHash: () => current.settings.hash },
    snapshot: () => current,
    prepare: async ({ settings, warnings, file, stored, leftOut }) => {
      const next = await compile(settings);
      await goOnSpending(settings, spending);
      return (atMs = world.wallMs()) => {
        current = next;
        keep(settings);
        tenants.configured();
        history = { loadedAtMs: atMs, file, warnings };
        state.set({ stored, leftOut });
        configs.changed();
      };
    },
    missingFor: (settings) => missingFor(settings, parts),
    refuseReload: (violations, atMs = world.wallMs()) => {
      history = { ...history, refused: { atMs, violations } };
    },
    close: () => closeParts(parts, [checks, tenants, expiring, announcing]),
  };
}

function testsOf({ testSinks }: World): Gateway["testSinks"] {
  return async (name) => (await testSinks?.(name)) ?? [];
}

async function missingFor(
  settings: Settings,
  { questions }: Pick<ReturnType<typeof createParts>, "questions">,
): Promise<readonly Violation[]> {
  return [...(await guardFaults(settings)), ...(await questions.prepare(settings))];
}

/** The settings; rejects with a ConfigError where nothing can be made of those of a guard. */
async function withoutFaults({ settings, file }: LoadedConfig): Promise<Settings> {
  const faults = await guardFaults(settings);
  if (faults.length > 0) throw new ConfigError(file, faults);
  return settings;
}

/** Makes the admin of persons, for one thread. */
function personsOf(
  parts: Pick<ReturnType<typeof createParts>, "cache" | "questions">,
  world: Pick<World, "wallMs" | "notice" | "vaults" | "rewriteSpools"> & {
    readonly settings: () => Settings;
  },
): StoredTenantsOptions["persons"] {
  const purge = (filter: PurgeFilter) => purgeAnswers(parts, filter);
  return (admin, store) =>
    createPrivacy(admin, {
      ...world,
      ...{ store, purge, sweep: parts.cache.sweep },
      holder: timeOrderedId(world.wallMs()),
    });
}

/** Gives up stored answers, and the questions by which they are found. */
function purgeAnswers(
  { cache, questions }: Pick<ReturnType<typeof createParts>, "cache" | "questions">,
  filter: PurgeFilter,
): Promise<number> {
  questions.purge(filter);
  return cache.purge(filter);
}

function createChecks(
  { routing, redis, world }: ReturnType<typeof createParts> & { readonly world: World },
  check: (one: CheckedTarget) => Promise<void>,
): HealthChecks {
  const checker = world.state.slots("health checks");
  return createHealthChecks({ ...world, ...routing, redis, checker, check });
}

/** Has what outlives snapshots go by a configuration. */
function keepParts(
  { comparisons, redis, upstream }: ReturnType<typeof createParts>,
  kept: Settings,
): void {
  keepCounted(comparisons, kept);
  redis.configure(kept.redis);
  resizeAll(upstream, kept);
}

async function closeParts(
  parts: ReturnType<typeof createParts>,
  first: readonly ({ readonly close: () => void } | undefined)[],
): Promise<void> {
  for (const one of first) one?.close();
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
  const redis = createRedisLink(world.notice, undefined, world.metrics);
  const sharing = createSharing(redis, world, hasRedis);
  world.shareAlerts?.({ ...sharing, redis });
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
