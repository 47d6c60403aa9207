import { create } from "@bufbuild/protobuf";
import { durationFromMs } from "@bufbuild/protobuf/wkt";
import { CacheReportSchema } from "../../gen/parlance/call/v1/cache_pb.js";
import { TargetSchema } from "../../gen/parlance/call/v1/call_report_pb.js";
import {
  type ExplainResponse,
  ExplainResponseSchema,
  PlannedBoundSchema,
  type PlannedTarget,
  PlannedTargetSchema,
  TriedRuleSchema,
} from "../../gen/parlance/chat/v1/chat_service_pb.js";
import type { Settings } from "../config/settings.ts";
import { wireOutletOf } from "../core/attempt.ts";
import type { Call } from "../core/call.ts";
import { priorityOf } from "../core/caller/priority-of.ts";
import { foldPlans, type Plan } from "../core/compose.ts";
import { dialectOf } from "../core/dispatch/dispatch.ts";
import { boundFor, type MaxOutput, prepare } from "../core/dispatch/prepare-request.ts";
import { expectedPrice } from "../core/facts/call-price.ts";
import { sizeOf } from "../core/facts/call-size.ts";
import { GatewayError } from "../core/faults/gateway-error.ts";
import { joinReports } from "../core/fidelity/join-reports.ts";
import { guardReports } from "../core/guard/guard-report.ts";
import type { Target } from "../core/target/target.ts";
import { type Pipeline, type PolicyWorld, stageNames } from "../pipeline.ts";
import { cacheNameOf, prefixKeyOf } from "../policies/routing/choice/seen-prefixes.ts";
import type { Candidate } from "../policies/routing/rounds.ts";
import { learntCandidates } from "../policies/routing/route.ts";
import { planCandidate } from "../policies/routing/try-model.ts";

/** What an explanation is made from. */
export interface ExplainOptions {
  readonly pipeline: Pipeline;
  readonly settings: Settings;
  readonly world: PolicyWorld;
  readonly maxOutput: MaxOutput;
}

/**
 * Says what a call would do: each target that would be tried, with the request it would get. Folds
 * the plans of the stages that the call would pass, and sends nothing. Throws what the call would
 * be refused with before a target is chosen.
 */
export async function explainCall(options: ExplainOptions, call: Call): Promise<ExplainResponse> {
  const admitted = await foldPlans(options.pipeline.call, call);
  if (admitted.refusal !== undefined) throw admitted.refusal;
  const { settings, world } = options;
  const { tried, passedOver } = await learntCandidates(settings, world, admitted.call);
  const models = [...tried, ...passedOver].map(({ model }) => settings.resolve(model));
  const isQueued = models.some((model) => model?.settings.queue !== undefined);
  return create(ExplainResponseSchema, {
    ...(isQueued && { priority: priorityOf(admitted.call) }),
    ...cacheOf(admitted),
    targets: await Promise.all(tried.map((one) => planned(options, admitted, one))),
    stages: [...stageNames(options.pipeline)],
    configHash: settings.hash,
    rules: (admitted.call.ruling?.tried ?? []).map((rule) => create(TriedRuleSchema, rule)),
    arm: admitted.call.arm?.name ?? "",
    guards: guardReports(call.trace.guards),
    bounds: (admitted.bounds ?? []).map((bound) => create(PlannedBoundSchema, bound)),
    excluded: passedOver.map(({ target: { provider, model }, model: name, why }) => ({
      target: create(TargetSchema, { provider, model }),
      model: name,
      why,
    })),
  });
}

function cacheOf({ cache }: Plan) {
  if (cache === undefined) return undefined;
  const { state, key, ageMs, stale = false, shared = false, inputsHit = 0 } = cache.facts;
  const age = ageMs === undefined ? undefined : { age: durationFromMs(Math.round(ageMs)) };
  const report = create(CacheReportSchema, { state, key, stale, shared, inputsHit, ...age });
  return { cache: report, cacheWhy: cache.why };
}

async function planned(
  options: ExplainOptions,
  { call: whole, report }: Plan,
  candidate: Candidate,
): Promise<PlannedTarget> {
  const call = candidate.alter?.(whole) ?? whole;
  const chosen = planCandidate(options.world, call, candidate);
  const { why = "" } = chosen;
  const record = call.trace.begin(chosen.target);
  const { provider, model } = chosen.target;
  const target = create(TargetSchema, { provider, model, dialect: dialectOf(chosen.outlet) });
  const compared = {
    ...scoreOf(candidate),
    ...(await costOf(options.world, call, chosen.target)),
  };
  try {
    const planned = await attempted(options, { ...call, attempt: { ...chosen, record } }, why);
    const fidelity = joinReports(report, joinReports(call.altered ?? [], planned.fidelity));
    const { model } = candidate;
    return create(PlannedTargetSchema, { ...planned, ...compared, target, model, fidelity });
  } catch (error) {
    if (!(error instanceof GatewayError)) throw error;
    const passedOver = `${why}; it would be passed over: ${error.message}`;
    const { model } = candidate;
    return create(PlannedTargetSchema, { ...compared, target, model, why: passedOver });
  }
}

/** Numbers that stand for what is not known are left out. */
function scoreOf({ score }: Candidate): { readonly score?: number } {
  return score !== undefined && Number.isFinite(score) && score >= 0 ? { score } : {};
}

/** What a call is expected to cost at a target, as `LOWEST_COST` has it. Calls no vendor. */
async function costOf(
  { prices, answerLengths, seenPrefixes }: PolicyWorld,
  call: Call,
  target: Target,
): Promise<{ readonly expectedCostNanoUsd: bigint } | { readonly unpriced: true }> {
  const prefix = prefixKeyOf(call);
  const seen = prefix === undefined ? undefined : seenPrefixes.of(prefix);
  const size = { ...sizeOf(call), cachedTokens: seen?.get(cacheNameOf(target)) ?? 0 };
  const cost = expectedPrice(await prices?.(target), size, answerLengths.expected(target));
  if (cost === undefined || cost > Number.MAX_SAFE_INTEGER) return { unpriced: true };
  return { expectedCostNanoUsd: BigInt(Math.round(cost)) };
}

/** What an attempt would send. Throws what it would be refused with. */
async function attempted(options: ExplainOptions, call: Call, why: string) {
  const plan = await foldPlans(options.pipeline.attempt, call);
  if (plan.refusal !== undefined) throw plan.refusal;
  const reason = plan.note === undefined ? why : `${why}; ${plan.note}`;
  const outlet = wireOutletOf(plan.call);
  if (outlet === undefined || plan.sends === false)
    return { why: reason, fidelity: [...plan.report] };
  const maxOutputTokens = await boundFor(outlet, plan.call, options.maxOutput);
  const { request, report } = prepare(outlet, plan.call, maxOutputTokens);
  const body =
    typeof request.body === "string" ? request.body : Buffer.from(request.body).toString("utf8");
  return {
    why: reason,
    fidelity: [...plan.report, ...report],
    requestLine: `${request.method} ${request.path}`,
    bodyJson: plan.incomplete === true ? "" : body,
  };
}
