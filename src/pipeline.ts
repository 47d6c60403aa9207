import type { Settings } from "./config/settings.ts";
import { type AttemptPlan, attempt } from "./core/attempt.ts";
import type { CacheStores } from "./core/cache/entry-store.ts";
import type { Call, Handler, Outlet } from "./core/call.ts";
import type { Tenant } from "./core/caller/tenant.ts";
import type { Check } from "./core/check.ts";
import { compose, type Stage } from "./core/compose.ts";
import type { CountPrompt } from "./core/count-prompt.ts";
import { type DispatchOptions, dispatch } from "./core/dispatch/dispatch.ts";
import type { CallRecord } from "./core/ledger/call-record.ts";
import type { FetchMedia } from "./core/media.ts";
import type { Notice } from "./core/notice.ts";
import { admitPolicy } from "./policies/admit.ts";
import { type AuthenticateWorld, authenticatePolicy } from "./policies/authenticate.ts";
import { budgetsPolicy } from "./policies/budgets/budgets.ts";
import { tryBudgetsPolicy } from "./policies/budgets/try-budgets.ts";
import { cachePolicy } from "./policies/cache/cache.ts";
import type { QuestionIndex } from "./policies/cache/semantic/question-index.ts";
import { recordContentPolicy } from "./policies/content/record-content.ts";
import { attemptDeadlinePolicy, deadlinePolicy } from "./policies/deadline.ts";
import { countTokensPolicy } from "./policies/emulation/count-tokens.ts";
import { inlineMediaPolicy } from "./policies/emulation/inline-media.ts";
import { jsonAnswersPolicy } from "./policies/emulation/json-answers.ts";
import { multipleChoicesPolicy } from "./policies/emulation/multiple-choices.ts";
import { promptCachePolicy } from "./policies/emulation/prompt-cache.ts";
import { requestPartsPolicy } from "./policies/emulation/request-parts.ts";
import { splitInputsPolicy } from "./policies/emulation/split-inputs.ts";
import { toolFormsPolicy } from "./policies/emulation/tool-forms.ts";
import { toolNamesPolicy } from "./policies/emulation/tool-names.ts";
import { type ExperimentWorld, experimentPolicy } from "./policies/experiment/experiment.ts";
import { guardTextsPolicy } from "./policies/guards/guard-texts.ts";
import {
  type GuardWorld,
  guardAnswersPolicy,
  guardsPolicy,
  guardTriesPolicy,
} from "./policies/guards/guards.ts";
import { mendAnswersPolicy } from "./policies/guards/mend-answers.ts";
import { keepRecordsPolicy, type RecordKeeper } from "./policies/keep-records.ts";
import { limitsPolicy, targetLimitsPolicy } from "./policies/limits/limits.ts";
import { type IntentWorld, noteIntentsPolicy } from "./policies/note-intents.ts";
import { priceAttemptsPolicy } from "./policies/price-attempts.ts";
import { callerRecoveryPolicy, type RecoveryWorld } from "./policies/recovery/caller-recovery.ts";
import { holdAnswersPolicy } from "./policies/recovery/hold-answers.ts";
import { seenPrefixesPolicy } from "./policies/routing/choice/seen-prefixes.ts";
import { stickyPinsPolicy } from "./policies/routing/choice/sticky-pins.ts";
import { healthPolicy } from "./policies/routing/circuits/health.ts";
import type { FindFacts } from "./policies/routing/filters/known-targets.ts";
import { latencyPolicy } from "./policies/routing/latency/watch-latency.ts";
import { answerLengthsPolicy } from "./policies/routing/limits/answer-lengths.ts";
import { inFlightPolicy } from "./policies/routing/limits/in-flight.ts";
import { rateLimitsPolicy } from "./policies/routing/limits/rate-limits.ts";
import type { PriceList } from "./policies/routing/price-list.ts";
import { routePolicy } from "./policies/routing/route.ts";
import type { FindRoutingMembers } from "./policies/routing/routing-members.ts";
import type { RoutingState } from "./policies/routing/routing-state.ts";
import type { LanguageOf } from "./policies/rules/call-attributes.ts";
import { defaultParametersPolicy } from "./policies/rules/default-parameters.ts";
import { rulesPolicy } from "./policies/rules/rules.ts";
import { type ShadowWorld, shadowPolicy } from "./policies/shadow/shadow.ts";
import { tracePolicy } from "./policies/trace.ts";
import { validatePolicy } from "./policies/validate.ts";
import type { SharedRedis } from "./state/redis/shared-redis.ts";
import type { Reservations } from "./state/reserve/reservations.ts";

/** What policies act through, beside the settings. */
export interface PolicyWorld
  extends RoutingState,
    ExperimentWorld,
    ShadowWorld,
    RecordKeeper,
    AuthenticateWorld,
    GuardWorld,
    IntentWorld,
    Pick<RecoveryWorld, "vendorFallbacks"> {
  /** A monotonic clock in milliseconds with fractions. */
  readonly nowMs: () => number;
  /** A number from 0 up to but not including 1. */
  readonly random: () => number;
  /** Takes the record of each call when it is over. */
  readonly record: (record: CallRecord) => void;
  /** Takes what whoever runs the gateway should hear of beside calls. */
  readonly notice: (notice: Notice) => void;
  /** What gateways share; without `settings.redis` no step is tried. */
  readonly redis: SharedRedis;
  /** What is held and taken of limits and budgets. */
  readonly reservations: Reservations;
  readonly check: Check;
  /** The time of day in milliseconds since 1970. */
  readonly wallMs: () => number;
  readonly countPrompt: CountPrompt;
  /** Finds what is known of the model at a target; undefined: nothing. */
  readonly targetFacts: FindFacts;
  readonly languageOf: LanguageOf;
  readonly routingMembers: FindRoutingMembers;
  readonly priceList: PriceList;
  /** See BudgetClock. */
  readonly recall: (tenants: readonly Tenant[]) => void;
  /** The way out to a provider. Undefined where there is no such provider. */
  readonly outlet: (provider: string) => Outlet | undefined;
  /** Undefined where nothing is to be fetched. */
  readonly fetchMedia: FetchMedia | undefined;
  /** Where answers are stored. Undefined where no model has a cache. */
  readonly cache: CacheStores | undefined;
  /** Questions in a database. Undefined where no model keeps its own there. */
  readonly storedQuestions: QuestionIndex | undefined;
}

/**
 * Makes the stage of a policy. Undefined where the settings leave it nothing to do: calls then pass
 * one stage less.
 */
export type Policy = (settings: Settings, world: PolicyWorld) => Stage | undefined;

/** Each call passes these once. The first is outermost. */
const callPolicies: readonly Policy[] = [
  tracePolicy,
  deadlinePolicy,
  authenticatePolicy,
  callerRecoveryPolicy,
  admitPolicy,
  keepRecordsPolicy,
  noteIntentsPolicy,
  validatePolicy,
  defaultParametersPolicy,
  rulesPolicy,
  experimentPolicy,
  guardsPolicy,
  recordContentPolicy,
  guardAnswersPolicy,
  limitsPolicy,
  budgetsPolicy,
  guardTextsPolicy,
  cachePolicy,
  shadowPolicy,
  mendAnswersPolicy,
];

/** Each attempt passes these once. The last nine make up for what a vendor cannot do. */
const attemptPolicies: readonly Policy[] = [
  guardTriesPolicy,
  priceAttemptsPolicy,
  tryBudgetsPolicy,
  targetLimitsPolicy,
  healthPolicy,
  inFlightPolicy,
  rateLimitsPolicy,
  latencyPolicy,
  answerLengthsPolicy,
  stickyPinsPolicy,
  seenPrefixesPolicy,
  attemptDeadlinePolicy,
  holdAnswersPolicy,
  promptCachePolicy,
  jsonAnswersPolicy,
  toolFormsPolicy,
  countTokensPolicy,
  inlineMediaPolicy,
  toolNamesPolicy,
  requestPartsPolicy,
  multipleChoicesPolicy,
  splitInputsPolicy,
];

/** The stages before and after the route. */
export interface Pipeline {
  readonly call: readonly Stage[];
  /** Chooses the targets and makes the attempts. */
  readonly route: Stage;
  readonly attempt: readonly Stage[];
}

/**
 * The table of contents of a request. Stages of `call` run once per call, those of `attempt` once
 * per attempt. Endings run the other way, innermost first, exactly once for each call and attempt.
 */
export function pipelineStages(settings: Settings, world: PolicyWorld): Pipeline {
  const stagesOf = (policies: readonly Policy[]) =>
    policies.flatMap((policy) => policy(settings, world) ?? []);
  return {
    call: stagesOf(callPolicies),
    route: routePolicy(settings, world),
    attempt: stagesOf(attemptPolicies),
  };
}

/** Every stage as a call passes them, the dispatch last. */
export function stageNames({ call, route: choice, attempt }: Pipeline): readonly string[] {
  return [...[...call, choice, ...attempt].map(({ name }) => name), "dispatch"];
}

/** Puts the stages around the dispatch. */
export function createPipeline(pipeline: Pipeline, options: DispatchOptions): Handler {
  const { call, route: choice, attempt } = pipeline;
  return compose([...call, choice, ...attempt], "dispatch", dispatch(options));
}

/** How one target is tried. */
export interface TargetTry {
  readonly plan: (call: Call) => AttemptPlan;
  /** Stands in for the dispatch, and is noted as to the target's health alone. Absent: nothing does. */
  readonly answer?: Handler | undefined;
}

/** Tries one target, with the stages of every attempt, and records it: no choice, no fallback. */
export function createTargetTry(
  { call, attempt: all }: Pipeline,
  options: DispatchOptions,
  { plan, answer }: TargetTry,
): Handler {
  const stages = answer === undefined ? all : all.filter(({ name }) => name === "health");
  const traced = call.filter(({ name }) => name === "trace");
  const choice: Stage = { name: "route", layer: (next) => (one) => attempt(one, next, plan(one)) };
  const innermost = answer === undefined ? dispatch(options) : () => answer;
  return compose([...traced, choice, ...stages], "dispatch", innermost);
}
