import { type Timestamp, timestampDate } from "@bufbuild/protobuf/wkt";
import type { ModelBounds } from "../../../../gen/parlance/admin/v1/model_bounds_pb.js";
import type { Budget } from "../../../../gen/parlance/config/v1/budget_pb.js";
import type { CallLimits } from "../../../../gen/parlance/config/v1/call_limits_pb.js";
import type { JsonObject } from "../../../json/json.ts";
import { printMembers } from "../../../json/members.ts";
import { rawJson, type WritableObject } from "../../../json/write.ts";
import type { Spending } from "../../spend-reader.ts";
import { splitMetadata } from "./members/kept-members.ts";
import { durationText } from "./members/litellm-duration.ts";
import { answerModelBounds } from "./members/model-members.ts";
import { budgetNumber, usdNumber } from "./usd-number.ts";

/** What is answered of a tenant is made of this. */
export interface AnsweredTenant {
  readonly limits?: CallLimits | undefined;
  readonly budgets: readonly Budget[];
  readonly budgetIds: readonly string[];
  readonly modelBounds: readonly ModelBounds[];
  readonly models: readonly string[];
  readonly metadataJson: string;
  readonly blocked: boolean;
  readonly createdAt?: Timestamp | undefined;
  readonly updatedAt?: Timestamp | undefined;
}

/** The members that LiteLLM's keys, teams and users have in common. */
export function answerTenant(tenant: AnsweredTenant, spending: Spending | undefined) {
  const { limits, budgets, models, metadataJson, blocked, createdAt, updatedAt } = tenant;
  const [pointed = null] = tenant.budgetIds;
  const { own, kept } = splitMetadata(metadataJson);
  const main = kept.no_max_budget === true ? undefined : budgets[0];
  const others = main === undefined ? budgets : budgets.slice(1);
  const { nanoUsd = 0n, resetMs } = spending ?? {};
  return {
    models,
    spend: usdNumber(nanoUsd),
    max_budget: main === undefined || main.soft ? null : budgetNumber(main.usd),
    soft_budget: softBudget(main),
    budget_duration: main === undefined ? null : spelling(kept, main),
    budget_reset_at: resetMs === undefined ? null : new Date(resetMs).toISOString(),
    ...increaseOf(main),
    ...(others.length === 0 ? {} : { budget_limits: others.map(budgetLimit) }),
    tpm_limit: limits?.tokensPerMinute ?? null,
    rpm_limit: limits?.requestsPerMinute ?? null,
    max_parallel_requests: limits?.concurrent ?? null,
    ...answerModelBounds(tenant.modelBounds),
    budget_id: pointed,
    metadata: rawJson(printMembers(own)),
    blocked,
    created_at: timeText(createdAt),
    updated_at: timeText(updatedAt),
  } satisfies WritableObject;
}

function softBudget(main: Budget | undefined) {
  if (main?.soft === true) return budgetNumber(main.usd);
  return main === undefined || main.softUsd === "" ? null : budgetNumber(main.softUsd);
}

function increaseOf(main: Budget | undefined): WritableObject {
  const [increase] = main?.increases ?? [];
  if (increase === undefined) return {};
  return {
    temp_budget_increase: budgetNumber(increase.usd),
    temp_budget_expiry: increase.until,
  };
}

function budgetLimit(budget: Budget): WritableObject {
  return { budget_duration: durationText(budget), max_budget: budgetNumber(budget.usd) };
}

/** The length as it was written, where it still means the window. */
function spelling(kept: JsonObject, budget: Budget): string | null {
  const { budget_duration: text } = kept;
  const own = durationText(budget);
  return typeof text === "string" && own !== null ? text : own;
}

/** A time as ISO 8601; null where it is not known. */
export function timeText(time: Timestamp | undefined): string | null {
  return time === undefined ? null : timestampDate(time).toISOString();
}
