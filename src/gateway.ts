import { ErrorReason } from "../gen/parlance/error/v1/error_reason_pb.js";
import { routingMemberPaths } from "./adapters/catalog/routing-member-paths.ts";
import { createDialects, type Dialects } from "./adapters/dialects.ts";
import { type ConfigHistory, createConfigDirectory } from "./composition/config-directory.ts";
import { explainCall } from "./composition/explain.ts";
import { askedOf, createFactBook, type FactBook } from "./composition/fact-book.ts";
import { createModelDirectory } from "./composition/model-directory.ts";
import { createOutlets, dialectsOf } from "./composition/outlets.ts";
import type { LoadResult } from "./config/loading/load-config.ts";
import type { KeyPlan, Plan } from "./config/plan.ts";
import type { Violation } from "./config/violation.ts";
import { attemptOf, handleCall } from "./core/attempt.ts";
import type { Call, Handler } from "./core/call.ts";
import type { Check } from "./core/check.ts";
import type { CountPrompt } from "./core/count-prompt.ts";
import { gatewayFailed } from "./core/fault.ts";
import { GatewayError } from "./core/gateway-error.ts";
import { Life } from "./core/life.ts";
import { createTrace } from "./core/trace.ts";
import type { CallInit, Engine } from "./edge/gateway-api.ts";
import { createPipeline, type PipelineOptions, pipelineStages, stageNames } from "./pipeline.ts";
import { type Authenticator, createAuthenticator, type KnownKey } from "./policies/authenticate.ts";
import { limitCall } from "./policies/deadline.ts";
import { createHealthTracker, type HealthTracker } from "./policies/health.ts";
import { createRoutingMembers } from "./policies/routing-members.ts";
import { type CallRecord, recordRefusal } from "./policies/trace.ts";
import { createCheck } from "./policies/validate.ts";
import type { State } from "./state/state.ts";
import { createPromptCounter } from "./tokens/prompt-counter.ts";
import { createUpstream, type Upstream } from "./upstream/client.ts";
import { createMediaFetcher } from "./upstream/media/media-fetcher.ts";
import { createLazyValidator } from "./validation/validator.ts";

/** The world as the gateway sees it; tests bring their own. */
export interface World {
  /** A monotonic clock in milliseconds with fractions. */
  readonly nowMs: () => number;
  /** The time of day in milliseconds since 1970. */
  readonly wallMs: () => number;
  /** A number from 0 up to but not including 1. */
  readonly random: () => number;
  /** A new id for a call. */
  readonly newId: () => string;
  /** Calls `run` after a time; gives a function that calls it off. */
  readonly schedule: (run: () => void, delayMs: number) => () => void;
  /**
   * The IP addresses of a host name, for media that calls name by address. Rejects for one that is
   * not known.
   */
  readonly lookup: (host: string) => Promise<readonly string[]>;
  /** Takes the record of each call when it is over. */
  readonly record: (record: CallRecord) => void;
  /** Told of what should not happen: a thrown value that is no error of ours. */
  readonly onBug: (error: unknown) => void;
  /** Gives the text of a file of the built-in facts of models by its name. */
  readonly readFacts: (file: string) => Promise<string>;
  /**
   * Loads a configuration text for ConfigService as a start with it would, looking up what it names
   * or not.
   */
  readonly loadConfig: (text: string, lookUps: boolean) => Promise<LoadResult>;
  /** What counts for all threads of the gateway together. */
  readonly state: State;
}

/** What a configuration became. Immutable; a call keeps the one it began with. */
export interface Snapshot {
  readonly plan: Plan;
  readonly authenticator: Authenticator;
  readonly handler: Handler;
  readonly explain: Engine["explain"];
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
  readonly plan: Plan;
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
  const upstream = createUpstream({ clock: world, state: world.state });
  const dialects = createDialects();
  const health = createHealthTracker(world.state.records, world.wallMs);
  const check = createCheck(validator);
  const facts = createFactBook(world.readFacts, world.onBug);
  const countPrompt = createPromptCounter();
  const compile = createCompiler({ upstream, dialects, health, check, facts, countPrompt, world });
  let current = await compile(loaded.plan);
  let history: ConfigHistory = {
    loadedAtMs: loaded.loadedAtMs ?? world.wallMs(),
    file: loaded.file,
    warnings: loaded.warnings,
  };

  return {
    begin: (init) => beginCall(init, world),
    handle: (call) => handleCall(call, current.handler),
    refuse(refusal) {
      const callId = world.newId();
      world.record(recordRefusal(refusal, callId));
      return callId;
    },
    identify: (header) => current.authenticator(header),
    async explain(call) {
      try {
        return await current.explain(call);
      } catch (error) {
        // The dry run has no stage that records.
        const fault = error instanceof GatewayError ? error.fault : gatewayFailed;
        world.record(
          recordRefusal({ operation: "explain", principal: call.trace.principal, fault }, call.id),
        );
        throw error;
      }
    },
    models: createModelDirectory(() => current.plan, health, facts, dialects.loaded),
    config: createConfigDirectory(
      () => current.plan,
      () => history,
      world.loadConfig,
    ),
    nowUnixS: () => Math.floor(world.wallMs() / 1000),
    configHash: () => current.plan.hash,
    onBug: world.onBug,
    snapshot: () => current,
    check,
    world,
    prepare: async ({ plan, warnings, file }) => {
      const next = await compile(plan);
      return (atMs = world.wallMs()) => {
        current = next;
        for (const { name, connections } of plan.providers.values())
          upstream.resize(name, connections);
        history = { loadedAtMs: atMs, file, warnings };
      };
    },
    refuseReload: (violations, atMs = world.wallMs()) => {
      history = { ...history, refused: { atMs, violations } };
    },
    close: () => upstream.close(),
  };
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
  readonly health: HealthTracker;
  readonly check: Check;
  readonly facts: FactBook;
  readonly countPrompt: CountPrompt;
  readonly world: World;
}

function createCompiler(lasting: Lasting): (plan: Plan) => Promise<Snapshot> {
  const { upstream, dialects, health, check, facts, countPrompt, world } = lasting;
  const routingMembers = createRoutingMembers(Object.values(routingMemberPaths).flat());
  return async (plan) => {
    await dialects.load(dialectsOf(plan.providers));
    const outlets = createOutlets(plan.providers, dialects.loaded, upstream, world.wallMs);
    const authenticator = createAuthenticator({ keys: knownKeys(plan) });
    const options: PipelineOptions = {
      trace: { sink: world.record, nowMs: world.nowMs },
      deadline: {
        timeoutMs: (call) => plan.resolve(call.model)?.timeoutMs,
        reason: ErrorReason.DEADLINE_EXCEEDED,
      },
      authenticator,
      check,
      route: {
        resolve: plan.resolve,
        outlet: (provider) => outlets.get(provider),
        random: world.random,
        routingMembers,
      },
      health,
      attemptDeadline: {
        timeoutMs: (call) => plan.providers.get(attemptOf(call).target.provider)?.timeouts.totalMs,
        reason: ErrorReason.UPSTREAM_TIMEOUT,
      },
      countTokens: { countPrompt },
      fetchMedia:
        plan.mediaFetch === undefined
          ? undefined
          : createMediaFetcher({
              ...plan.mediaFetch,
              lookup: world.lookup,
              schedule: world.schedule,
            }),
      dispatch: {
        maxOutput: (target) => facts.maxOutput(askedOf(plan, target)),
      },
    };
    const pipeline = pipelineStages(options);
    const { maxOutput } = options.dispatch;
    const explaining = { pipeline, route: options.route, maxOutput, configHash: plan.hash };
    return {
      plan,
      authenticator,
      handler: createPipeline(pipeline, options.dispatch),
      explain: (call) =>
        explainCall(explaining, call).finally(() => call.life.end({ kind: "whole" })),
      stages: stageNames(pipeline),
    };
  };
}

function knownKeys(plan: Plan): readonly KnownKey[] {
  const known = ({ name, value, models, strict }: KeyPlan): KnownKey => ({
    name,
    secret: value.reveal(),
    admin: false,
    strict,
    models,
  });
  const keys = plan.keys.map(known);
  const { adminKey } = plan.auth;
  if (adminKey === undefined) return keys;
  return [
    { name: "admin", secret: adminKey.reveal(), admin: true, models: new Set(), strict: false },
    ...keys,
  ];
}
