import { openEngine } from "../../src/store/engine/engine.ts";
import type { SentCall } from "./load.ts";

/** What became of calls in the ledger. */
export interface Kept {
  /** Calls that were answered and are not in the ledger. */
  readonly lost: readonly SentCall[];
  /** Rows beyond the first of a call. */
  readonly doubled: number;
}

/** Compares the ledger of a PostgreSQL with the calls that were answered. */
export async function findInLedger(url: string, calls: readonly SentCall[]): Promise<Kept> {
  const engine = await openEngine({ kind: "postgres", url }, () => undefined);
  try {
    const rows = await engine.db.selectFrom("calls").select("end_user").execute();
    const users = new Set(rows.map(({ end_user }) => end_user));
    const lost = calls.filter(({ status, user }) => status === 200 && !users.has(user));
    return { lost, doubled: rows.length - users.size };
  } finally {
    await engine.close();
  }
}

/** One line for each phase of some calls, in the order of their coming. */
export function phaseLines(calls: readonly SentCall[]): readonly string[] {
  const phases = [...new Set(calls.map(({ phase }) => phase))];
  const normal = quantile(timesIn(calls, phases[0] ?? ""), 0.99);
  return phases.map((phase) => {
    const times = timesIn(calls, phase);
    const failed = calls.filter((one) => one.phase === phase && one.status !== 200).length;
    const added = quantile(times, 0.99) - normal;
    return row(phase, [
      String(times.length),
      String(failed),
      quantile(times, 0.5).toFixed(1),
      quantile(times, 0.99).toFixed(1),
      added.toFixed(1),
    ]);
  });
}

/** A line of a table in Markdown. */
export function row(title: string, cells: readonly string[]): string {
  return `| ${[title, ...cells].join(" | ")} |`;
}

function timesIn(calls: readonly SentCall[], phase: string): readonly number[] {
  return calls.filter((one) => one.phase === phase).map(({ tookMs }) => tookMs);
}

function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((one, other) => one - other);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}
