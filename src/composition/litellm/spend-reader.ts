import { ErrorReason } from "../../../gen/parlance/error/v1/error_reason_pb.js";
import { invalidField } from "../../core/faults/fault.ts";
import { GatewayError } from "../../core/faults/gateway-error.ts";
import type { Spender, SpenderKind, Spending, SpendReader } from "../../edge/spend-reader.ts";
import { spanOf } from "../../policies/budgets/budget-span.ts";
import type { StoreLink } from "../../store/store.ts";
import { scopeOf } from "../usage/call-scope.ts";

/** What spending is read from. */
export interface SpendWorld {
  readonly store: StoreLink | undefined;
  readonly wallMs: () => number;
}

const maxCells = 100_000;
/** As many ids as one statement is asked about. */
const maxIds = 1_000;

/** Makes the reader of what was spent. */
export function createSpendReader({ store, wallMs }: SpendWorld): SpendReader {
  const link = (): StoreLink => {
    if (store !== undefined) return store;
    const message = "this gateway has no store that records calls";
    throw new GatewayError({ reason: ErrorReason.STORE_UNAVAILABLE, message });
  };
  const sumsSince = async (kind: SpenderKind, ids: readonly string[], fromMs: number) => {
    const sums = new Map<string, bigint>();
    for (let at = 0; at < ids.length; at += maxIds) {
      const values = ids.slice(at, at + maxIds);
      const span = { bucket: "all", fromMs, toMs: wallMs() + 1 } as const;
      const query = { dimension: kind, ...span, values, top: maxIds };
      for (const { value, sums: spent } of await link().request("usage.aggregate", query))
        sums.set(value, spent.cost_nano_usd);
    }
    return sums;
  };
  return {
    async spent(kind, spenders) {
      const nowMs = wallMs();
      const spans = new Map<number, Spender[]>();
      for (const spender of spenders) {
        const [fromMs] = periodOfSpender(spender, nowMs);
        spans.set(fromMs, [...(spans.get(fromMs) ?? []), spender]);
      }
      const spendings = new Map<string, Spending>();
      for (const [fromMs, some] of spans) {
        const ids = some.map(({ id }) => id);
        const sums = await sumsSince(kind, ids, fromMs);
        for (const spender of some) {
          const [, endMs] = periodOfSpender(spender, nowMs);
          const nanoUsd = sums.get(spender.id) ?? 0n;
          const reset = Number.isFinite(endMs) ? { resetMs: endMs } : {};
          spendings.set(spender.id, { nanoUsd, ...reset });
        }
      }
      return spendings;
    },
    async cells(query, caller) {
      const seen = { ...query, ...scopeOf(caller, query.keys ?? [], "api_key") };
      const rows = await link().request("usage.cells", { ...seen, limit: maxCells + 1 });
      if (rows.length > maxCells)
        throw new GatewayError(
          invalidField("start_date", `there are more than ${maxCells} sums: name fewer days`),
        );
      return rows.map((row) => ({
        dayMs: Number(row.day_ms),
        team: row.team_id,
        user: row.user_id,
        key: row.key_id,
        endUser: row.end_user,
        model: row.model,
        calls: row.calls,
        inputTokens: row.input_tokens,
        outputTokens: row.output_tokens,
        nanoUsd: row.cost_nano_usd,
      }));
    },
  };
}

/** From when until when a spender's budget counts; for ever where it has none. */
function periodOfSpender({ budgets }: Spender, nowMs: number): readonly [number, number] {
  const [budget] = budgets;
  if (budget === undefined) return [0, Number.POSITIVE_INFINITY];
  const span = spanOf(budget, nowMs);
  const { freshMs = 0 } = budget;
  if (span.kind === "period") return [Math.max(freshMs, span.startMs), span.endMs];
  return [Math.max(freshMs, nowMs - span.ms), Number.POSITIVE_INFINITY];
}
