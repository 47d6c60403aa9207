import { create } from "@bufbuild/protobuf";
import {
  type CostEstimate,
  CostEstimateSchema,
  type EstimateCostResponse,
  EstimateCostResponseSchema,
} from "../../../gen/parlance/admin/v1/usage_estimate_pb.js";
import { TargetSchema } from "../../../gen/parlance/call/v1/call_report_pb.js";
import type { Call } from "../../core/call.ts";
import { foldPlans } from "../../core/compose.ts";
import { expectedOutput, expectedPrice } from "../../core/facts/call-price.ts";
import { sizeOf } from "../../core/facts/call-size.ts";
import { printUsd } from "../../core/facts/nano-usd.ts";
import type { Candidate } from "../../policies/routing/rounds.ts";
import { learntCandidates } from "../../policies/routing/route.ts";
import type { ExplainOptions } from "../explain.ts";

/** Stages that say whether a call may be made now, and not what it costs. */
const notOfCost: ReadonlySet<string> = new Set(["keep_records", "limits", "budgets", "cache"]);

/**
 * Says what a call would cost at each target that would be tried, and calls none. Throws what it
 * would be refused with before a target is chosen, but for limits and budgets.
 */
export async function estimateCost(
  options: ExplainOptions,
  call: Call,
): Promise<EstimateCostResponse> {
  const stages = options.pipeline.call.filter(({ name }) => !notOfCost.has(name));
  const admitted = await foldPlans(stages, call);
  if (admitted.refusal !== undefined) throw admitted.refusal;
  const { settings, world } = options;
  const { tried } = await learntCandidates(settings, world, admitted.call);
  const estimates = await Promise.all(tried.map((one) => estimateAt(options, admitted.call, one)));
  return create(EstimateCostResponseSchema, { estimates });
}

async function estimateAt(
  { world, maxOutput }: ExplainOptions,
  whole: Call,
  candidate: Candidate,
): Promise<CostEstimate> {
  const call = candidate.alter?.(whole) ?? whole;
  const { target } = candidate;
  const size = sizeOf(call);
  const average = world.answerLengths.expected(target);
  const known = size.maxOutputTokens ?? (await maxOutput(target));
  const { prices, version, source } = await world.priceList.entry(target);
  const expected = expectedPrice(prices, size, average);
  const largest =
    known === undefined
      ? undefined
      : expectedPrice(prices, { ...size, maxOutputTokens: known }, known);
  return create(CostEstimateSchema, {
    target: create(TargetSchema, { provider: target.provider, model: target.model }),
    model: candidate.model,
    inputTokens: BigInt(Math.ceil(size.inputTokens)),
    expectedOutputTokens: BigInt(Math.ceil(expectedOutput(size, average))),
    ...(known === undefined ? undefined : { maxOutputTokens: BigInt(known) }),
    expectedCostUsd: usdOf(expected),
    maxCostUsd: usdOf(largest),
    ...(expected === undefined
      ? { unpriced: "no prices are known of the model" }
      : { priceVersion: version, priceSource: source }),
  });
}

/** Rounded up, so that a bound is one. */
function usdOf(nanoUsd: number | undefined): string {
  return nanoUsd === undefined ? "" : printUsd(BigInt(Math.ceil(nanoUsd)));
}
