import { BudgetWindow } from "../../gen/parlance/config/v1/key_pb.js";
import { boundOf, periodOf } from "../policies/budgets.ts";
import type { Reservations } from "../state/reserve/reservations.ts";
import type { StoreLink } from "../store/store.ts";

/** What budgets are seeded with. */
export interface SeedWorld {
  readonly store: StoreLink | undefined;
  readonly reservations: Reservations;
  /** The time of day in milliseconds since 1970. */
  readonly wallMs: () => number;
}

/** Whose budgets there are. */
const kinds = ["key", "user", "team", "organization"] as const;

const windows = [
  BudgetWindow.HOUR,
  BudgetWindow.DAY,
  BudgetWindow.WEEK,
  BudgetWindow.MONTH,
  BudgetWindow.TOTAL,
] as const;

/** How long the store may take for each of the sums, in milliseconds. */
const deadlineMs = 5_000;

/** Of so many spenders of a kind the spending is read, those with the highest. */
const maxSpenders = 10_000;

/**
 * Has budgets go on where they were before a restart: what the ledger says was spent in the present
 * windows counts, unless more is known. Rejects with STORE_UNAVAILABLE where the store does not
 * answer; counts begin at 0 then.
 */
export async function seedBudgets({ store, reservations, wallMs }: SeedWorld): Promise<void> {
  if (store === undefined) return;
  const nowMs = wallMs();
  for (const window of windows) {
    const [fromMs] = periodOf(window, nowMs);
    for (const kind of kinds) {
      const span = { bucket: "all", fromMs, toMs: nowMs + 1 } as const;
      const query = { dimension: kind, ...span, top: maxSpenders };
      const sums = await store.request("usage.aggregate", query, deadlineMs);
      for (const { value, sums: spent } of sums) {
        if (value === "" || spent.cost_nano_usd <= 0n) continue;
        const bound = boundOf({ usd: "0", window }, { kind, id: value }, nowMs);
        reservations.seed(bound, Number(spent.cost_nano_usd));
      }
    }
  }
}
