import { timestampMs } from "@bufbuild/protobuf/wkt";
import type { Budget } from "../../../../../gen/parlance/admin/v1/budget_pb.js";
import { ErrorReason } from "../../../../../gen/parlance/error/v1/error_reason_pb.js";
import { GatewayError } from "../../../../core/faults/gateway-error.ts";
import type { Spender, SpenderKind, Spending } from "../../../spend-reader.ts";
import type { ManagementCall } from "../management-call.ts";

/** Somebody who spends, and may point to budgets. */
export interface PointingSpender extends Spender {
  readonly budgetIds: readonly string[];
}

/**
 * What each of some has spent since its budget was fresh, be that its own or one that it points to.
 */
export async function spentBy(
  call: ManagementCall,
  kind: SpenderKind,
  spenders: readonly PointingSpender[],
): Promise<ReadonlyMap<string, Spending>> {
  const ids = spenders.flatMap(({ budgets, budgetIds }) =>
    budgets.length === 0 ? budgetIds.slice(0, 1) : [],
  );
  const pointed = new Map<string, Budget>();
  for (const id of new Set(ids)) {
    const budget = await pointedBudget(call, id);
    if (budget !== undefined) pointed.set(id, budget);
  }
  const counted = spenders.map(({ id, budgets, budgetIds: [first = ""] }) => {
    const { amount, resetAt } = pointed.get(first) ?? {};
    if (budgets.length > 0 || amount === undefined) return { id, budgets };
    const freshMs = resetAt === undefined ? undefined : timestampMs(resetAt);
    return { id, budgets: [{ ...amount, ...(freshMs === undefined ? {} : { freshMs }) }] };
  });
  return call.engine.spending.spent(kind, counted);
}

/** A budget that the caller may see; undefined for another one. */
export async function pointedBudget(
  { services }: ManagementCall,
  id: string,
): Promise<Budget | undefined> {
  try {
    return (await services.budgets.getBudget({ id })).budget;
  } catch (error) {
    const { reason } = error instanceof GatewayError ? error.fault : {};
    if (reason === ErrorReason.NOT_FOUND || reason === ErrorReason.PERMISSION_DENIED)
      return undefined;
    throw error;
  }
}
