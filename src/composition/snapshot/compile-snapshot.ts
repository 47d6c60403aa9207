import { setImmediate } from "node:timers/promises";
import type { EstimateCostResponse } from "../../../gen/parlance/admin/v1/usage_estimate_pb.js";
import { ErrorReason } from "../../../gen/parlance/error/v1/error_reason_pb.js";
import {
  routingMemberPaths,
  vendorFallbackMarks,
} from "../../adapters/catalog/routing-member-paths.ts";
import type { Dialects } from "../../adapters/dialects.ts";
import type { Settings } from "../../config/settings.ts";
import { attemptOf } from "../../core/attempt.ts";
import type { Call, Handler } from "../../core/call.ts";
import type { Check } from "../../core/check.ts";
import type { CountPrompt } from "../../core/count-prompt.ts";
import type { DispatchOptions } from "../../core/dispatch/dispatch.ts";
import { Life } from "../../core/life.ts";
import type { FetchMedia } from "../../core/media.ts";
import type { Target } from "../../core/target/target.ts";
import { durationMs } from "../../core/time/duration-ms.ts";
import { createTrace } from "../../core/trace.ts";
import type { CallInit, Engine } from "../../edge/gateway-api.ts";
import {
  createPipeline,
  createTargetTry,
  type PolicyWorld,
  pipelineStages,
  stageNames,
} from "../../pipeline.ts";
import {
  type AuthenticateWorld,
  type Authenticator,
  createAuthenticator,
  type StoredKeys,
} from "../../policies/authenticate.ts";
import { createSignatureReader, type SignatureReader } from "../../policies/caller-signature.ts";
import { limitCall } from "../../policies/deadline.ts";
import type { CheckedTarget } from "../../policies/routing/health-check/health-checks.ts";
import type { PriceList } from "../../policies/routing/price-list.ts";
import { createRoutingMembers } from "../../policies/routing/routing-members.ts";
import type { RoutingState } from "../../policies/routing/routing-state.ts";
import type { ComparisonState } from "../../policies/shadow/comparison-state.ts";
import { callTrace, printCallSpan } from "../../sinks/otlp/trace-context.ts";
import { traceHeaders } from "../../sinks/otlp/trace-headers.ts";
import type { RedisLink } from "../../state/redis/redis-link.ts";
import type { Reservations } from "../../state/reserve/reservations.ts";
import { type DetectLanguage, loadLanguageDetector } from "../../tokens/language-detector.ts";
import type { Upstream } from "../../upstream/client.ts";
import { createMediaFetcher } from "../../upstream/media/media-fetcher.ts";
import { createRecall } from "../budgets/seed-budgets.ts";
import { checkTarget, type TargetCheck } from "../check-target.ts";
import { type ExplainOptions, explainCall } from "../explain.ts";
import { type FactBook, factQueryOf } from "../fact-book.ts";
import { createGuards } from "../guards/create-guards.ts";
import { dialectsOf } from "../outlets.ts";
import { loadPrices, priceBookOf } from "../price-book.ts";
import { createRateListener } from "../rate-listener.ts";
import type { ResponseCache } from "../response-cache.ts";
import type { StoredQuestions } from "../stored/stored-questions.ts";
import { createTokenReaders } from "../token-readers.ts";
import { estimateCost } from "../usage/estimate-cost.ts";
import type { World } from "../world.ts";
import { createWaysOut } from "./ways-out.ts";

/** What a configuration became. Immutable; a call keeps the one it began with. */
export interface Snapshot {
  readonly settings: Settings;
  readonly authenticator: Authenticator;
  readonly signatures: SignatureReader;
  readonly handler: Handler;
  readonly explain: Engine["explain"];
  /** The prices of targets as they hold at the time that a clock says, which only goes forward. */
  readonly pricesAt: (wallMs: () => number) => PriceList;
  /** Says what a call would cost. */
  readonly estimate: (call: Call) => Promise<EstimateCostResponse>;
  /** Sends a target what it is checked by. */
  readonly checkTarget: (one: CheckedTarget) => Promise<void>;
  /** The stages of a call, outermost first. */
  readonly stages: readonly string[];
  readonly prices: PriceList;
}

function tracing({ tracing: settings }: Settings): Pick<DispatchOptions, "traceHeaders"> {
  if (settings?.propagate !== true) return {};
  const { baggage } = settings;
  return {
    traceHeaders(call) {
      const at = call.trace.attempts.indexOf(attemptOf(call).record);
      return traceHeaders(call, at, baggage);
    },
  };
}

/** Whole seconds since 1970. */
export function secondsOf({ wallMs }: World): () => number {
  return () => Math.floor(wallMs() / 1000);
}

/** Begins a call. With `tracing` it says its span to its caller. */
export function beginCall(
  { timeoutMs, ...init }: CallInit,
  world: World,
  { tracing: traced }: Pick<Settings, "tracing"> = {},
): Call {
  const life = new Life(world);
  const id = world.newId();
  const traceparent =
    traced && printCallSpan(callTrace(id, init.header("traceparent")), traced.samplePercent);
  const { model, request, origin, header, principal, clientAddress, firstTokenMs } = init;
  const call: Call = {
    id,
    model,
    request,
    origin,
    header,
    life,
    principal,
    endUser: undefined,
    clientAddress,
    traceparent,
    firstTokenMs,
    priority: undefined,
    addedTags: undefined,
    ruling: undefined,
    excludes: undefined,
    altered: undefined,
    recovery: undefined,
    arm: undefined,
    wantedGuards: undefined,
    unguarded: undefined,
    guarded: undefined,
    said: undefined,
    shadow: undefined,
    funds: undefined,
    attempt: undefined,
    trace: createTrace(world.nowMs),
  };
  if (timeoutMs !== undefined) limitCall(call, timeoutMs, ErrorReason.DEADLINE_EXCEEDED);
  return call;
}

/** What snapshots are compiled from and outlives them. */
export interface Lasting {
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
  /** See AuthenticateWorld. */
  readonly endUsers: AuthenticateWorld["endUser"];
  readonly world: World;
}

/** Finds prices alone. */
function pricesIn(book: PriceList): PolicyWorld["prices"] {
  return (target) => {
    const entry = book.entry(target);
    return entry instanceof Promise ? entry.then(({ prices }) => prices) : entry.prices;
  };
}

/** Makes what compiles settings into snapshots. */
export function createCompiler(lasting: Lasting): (settings: Settings) => Promise<Snapshot> {
  const { upstream, dialects, routing, comparisons, redis, facts, world, ...rest } = lasting;
  const { check, countPrompt, cache, questions, reservations, storedKeys, endUsers } = rest;
  const tokenReaders = createTokenReaders(world.wallMs);
  const routingMembers = createRoutingMembers(Object.values(routingMemberPaths).flat());
  const waysOut = createWaysOut(dialects, { ...world, ...routing, upstream });
  return async (settings) => {
    await dialects.load(dialectsOf(settings.providers));
    const { gate, outlets } = waysOut(settings);
    const readers = await tokenReaders(settings, gate);
    const authenticator = createAuthenticator(settings, readers, storedKeys);
    // The keys of a large config take their time, and so do its models.
    await setImmediate();
    const pricesAt = (wallMs: () => number) => priceBookOf(settings, facts, wallMs);
    const book = pricesAt(world.wallMs);
    await loadPrices(settings, book);
    const policyWorld: PolicyWorld = {
      ...world,
      ...routing,
      targetFacts: (target) => facts.facts(factQueryOf(settings, target)),
      ...comparisons,
      prices: pricesIn(book),
      priceList: book,
      recall: createRecall({ store: world.store, reservations, wallMs: world.wallMs }, world.onBug),
      redis,
      reservations,
      check,
      countPrompt,
      languageOf: await languageDetector(settings),
      authenticator,
      endUser: endUsers,
      routingMembers,
      vendorFallbacks: vendorFallbackMarks,
      outlet: (provider) => world.outlet?.(provider) ?? outlets.get(provider),
      fetchMedia: mediaFetcher(settings, world),
      cache: await cache.storesFor(settings),
      storedQuestions: questions.index,
      guards: await createGuards(settings, upstream, world, () => asking),
    };
    const pipeline = pipelineStages(settings, policyWorld);
    const maxOutput = (target: Target) => facts.maxOutput(factQueryOf(settings, target));
    const heard = createRateListener(policyWorld.usedRates);
    const dispatching = { maxOutput, heard, nowUnixS: secondsOf(world), ...tracing(settings) };
    const checking: TargetCheck = {
      settings,
      outlet: policyWorld.outlet,
      begin: (init) => beginCall(init, world),
      tryTarget: (plan, answer) => createTargetTry(pipeline, dispatching, { plan, answer }),
      onBug: world.onBug,
    };
    const asking = { begin: checking.begin, handler: createPipeline(pipeline, dispatching) };
    const explaining: ExplainOptions = { pipeline, settings, world: policyWorld, maxOutput };
    return {
      settings,
      authenticator,
      signatures: createSignatureReader(settings, world.wallMs, storedKeys),
      handler: asking.handler,
      checkTarget: (one) => checkTarget(checking, one),
      pricesAt,
      estimate: (call) => ended(call, estimateCost(explaining, call)),
      explain: (call) => ended(call, explainCall(explaining, call)),
      stages: stageNames(pipeline),
      prices: book,
    };
  };
}

/** Ends a call with what was made of it, however that goes. */
function ended<T>({ life }: Call, made: Promise<T>): Promise<T> {
  return made.finally(() => life.end({ kind: "whole" }));
}

/** The data of languages is loaded for conditions that ask for one, and for no others. */
async function languageDetector({ rules }: Settings): Promise<DetectLanguage> {
  return rules?.attributes.has("language") === true ? await loadLanguageDetector() : () => "";
}

function mediaFetcher(
  { config, egress }: Settings,
  { lookup, schedule }: World,
): FetchMedia | undefined {
  const { mediaFetch } = config;
  if (mediaFetch.disabled) return undefined;
  const timeoutMs = durationMs(mediaFetch.timeout);
  return createMediaFetcher({ ...mediaFetch, allow: egress.allow, timeoutMs, lookup, schedule });
}
