import type { Engine } from "./engine.ts";

/** What there is in a store. */
export interface StoreStatus {
  readonly kind: Engine["kind"];
  /** Calls that were ever written, and what they cost. */
  readonly calls: bigint;
  readonly costNanoUsd: bigint;
  readonly keys: bigint;
}

/** Counts what there is, from sums. The schema must be the newest. */
export async function readStoreStatus({ kind, db }: Engine, _: unknown): Promise<StoreStatus> {
  const total = await db
    .selectFrom("rollups")
    .where("grain", "=", "day")
    .where("dimension", "=", "total")
    .select(({ fn }) => [
      fn.sum<bigint>("calls").as("calls"),
      fn.sum<bigint>("cost_nano_usd").as("cost"),
    ])
    .executeTakeFirst();
  const keys = await db
    .selectFrom("keys")
    .select(({ fn }) => fn.countAll<bigint>().as("count"))
    .executeTakeFirst();
  return {
    kind,
    calls: total?.calls ?? 0n,
    costNanoUsd: total?.cost ?? 0n,
    keys: keys?.count ?? 0n,
  };
}
