import type { Budget } from "../../gen/parlance/config/v1/budget_pb.js";
import type { CallerAccess } from "../core/caller/caller-access.ts";
import type { CountedBudget } from "../core/caller/tenant.ts";

/** Whose spending is read. */
export type SpenderKind = "key" | "user" | "team" | "organization" | "end_user";

/** Somebody who spends. */
export interface Spender {
  readonly id: string;
  /** What it may spend: the window of the first one is the time that is looked at. */
  readonly budgets: readonly (Pick<Budget, "usd" | "window" | "timeZone" | "rolling"> &
    Pick<CountedBudget, "freshMs">)[];
}

/** What somebody has spent since its budget was fresh, or ever. */
export interface Spending {
  readonly nanoUsd: bigint;
  /** When the budget is fresh again, in milliseconds since 1970. Absent: never. */
  readonly resetMs?: number;
}

/** What was spent on a day with one key and one model. */
export interface SpendCell {
  /** The day in UTC, in milliseconds since 1970. */
  readonly dayMs: number;
  readonly team: string;
  readonly user: string;
  readonly key: string;
  /** "" unless cells are wanted by end user. */
  readonly endUser: string;
  readonly model: string;
  readonly calls: bigint;
  readonly inputTokens: bigint;
  readonly outputTokens: bigint;
  readonly nanoUsd: bigint;
}

/** Which cells are wanted. All that is set must hold. */
export interface SpendQuery {
  /** Whether each end user has cells of its own. Default: false. */
  readonly byEndUser?: boolean;
  readonly fromMs: number;
  /** Before this time. */
  readonly toMs: number;
  readonly teams?: readonly string[];
  readonly users?: readonly string[];
  readonly keys?: readonly string[];
  readonly endUsers?: readonly string[];
}

/** Who looks at what was spent. */
export interface SpendViewer {
  readonly access: CallerAccess;
  /** What people call the key. */
  readonly name: string;
}

/** Reads the ledger. */
export interface SpendReader {
  /**
   * What each of some has spent, by id; who spent nothing is there too. It checks no rights: its
   * callers do.
   */
  readonly spent: (
    kind: SpenderKind,
    spenders: readonly Spender[],
  ) => Promise<ReadonlyMap<string, Spending>>;
  /**
   * Sums by day, key and model of the calls that a caller may see. Throws INVALID_REQUEST where
   * there are more than 100,000, and PERMISSION_DENIED for keys of others where a caller sees its
   * own calls alone.
   */
  readonly cells: (query: SpendQuery, caller: SpendViewer) => Promise<readonly SpendCell[]>;
}
