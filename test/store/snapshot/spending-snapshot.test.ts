import { appendFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { printLedgerRow } from "../../../src/core/ledger/ledger-json.ts";
import { aggregateUsage } from "../../../src/store/ledger/aggregate-usage.ts";
import { writeCalls } from "../../../src/store/ledger/write-calls.ts";
import { migrate } from "../../../src/store/migrations/migrate.ts";
import {
  addWaiting,
  noSpending,
  readSpending,
  spendingOf,
  writeSpending,
} from "../../../src/store/snapshot/spending-snapshot.ts";
import { openForTest } from "../engines.ts";
import { callRow, priced } from "../ledger-rows.ts";
import { scratchFolder } from "../store-gateway.ts";

const hour = 3_600_000;
const day = 24 * hour;
const nowMs = Date.UTC(2026, 4, 20, 10, 30);

it("what was spent is the same by the snapshot as by the ledger, or more within its oldest cell", async () => {
  const engine = await openForTest({ kind: "memory" });
  await migrate(engine, nowMs);
  const ages = [0, 1, 30, 49, 72, 24 * 19, 24 * 30, 24 * 90];
  await writeCalls(
    engine,
    ages.map((hours, at) =>
      callRow(`c${at}`, {
        endedMs: nowMs - hours * hour,
        team: at % 2 === 0 ? "support" : "sales",
        cost: priced(10n ** BigInt(at)),
      }),
    ),
  );
  const path = join(scratchFolder(), "snapshot.spending");
  await writeSpending(engine, { path, store: "s", nowMs });
  const snapshot = await readSpending(path, "s");
  const midnight = Math.floor(nowMs / day) * day;
  const begins = [nowMs - hour / 2, midnight, midnight - 2 * day, Date.UTC(2026, 4, 1), 0];
  for (const dimension of ["team", "key", "total"] as const)
    for (const fromMs of begins) {
      const query = { dimension, bucket: "all", fromMs, toMs: nowMs + 1, top: 10 } as const;
      const found = spendingOf(snapshot, query);
      const wanted = await aggregateUsage(engine, query);
      const spent = (sums: typeof wanted) =>
        new Map(sums.map(({ value, sums: { cost_nano_usd } }) => [value, cost_nano_usd]));
      expect([dimension, fromMs, spent(found)]).toEqual([dimension, fromMs, spent(wanted)]);
    }
  const hours = { dimension: "team", bucket: "hour", fromMs: nowMs - 40 * hour } as const;
  const byHour = await aggregateUsage(engine, { ...hours, toMs: nowMs + 1, top: 10 });
  expect(new Set(spendingOf(snapshot, hours).map(({ bucketMs }) => bucketMs))).toEqual(
    new Set(byHour.map(({ bucketMs }) => bucketMs)),
  );
  // A time that begins within a day that is kept as one counts all of it.
  const [whole] = spendingOf(snapshot, { ...hours, bucket: "all", fromMs: nowMs - 71 * hour });
  expect(whole?.sums.cost_nano_usd).toBeGreaterThan(0n);
  const values = ["sales"];
  const ofSales = spendingOf(snapshot, { ...hours, fromMs: 0, bucket: "all", values });
  expect(ofSales.map(({ value }) => value)).toEqual(values);
  const later = callRow("later", { endedMs: nowMs, team: "sales", cost: priced(7n) });
  const waiting = [[printLedgerRow(later), "{}"]];
  for (const bucket of ["all", "hour"] as const)
    for (const fromMs of [0, midnight]) {
      const query = { ...hours, bucket, fromMs, values };
      const sum = (cells: typeof snapshot) =>
        spendingOf(cells, query).reduce((all, { sums }) => all + sums.cost_nano_usd, 0n);
      expect(sum(addWaiting(snapshot, waiting)) - sum(snapshot)).toBe(7n);
    }
  expect(await readSpending(path, "another")).toEqual(noSpending);
  appendFileSync(path, "\n");
  expect(await readSpending(path, "s")).toEqual(noSpending);
});
