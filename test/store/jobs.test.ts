import { sql } from "kysely";
import { beforeAll, describe, expect, it } from "vitest";
import { printLedgerRow } from "../../src/core/ledger/ledger-json.ts";
import { finishedMs, finishJob, takeJob } from "../../src/store/agreements/job-lock.ts";
import { aggregateUsage } from "../../src/store/ledger/aggregate-usage.ts";
import { pageCalls } from "../../src/store/ledger/query-calls.ts";
import { deleteOld } from "../../src/store/ledger/retention.ts";
import { writeCalls } from "../../src/store/ledger/write-calls.ts";
import { type Unwritten, writeOrReject } from "../../src/store/ledger/write-or-reject.ts";
import { migrate } from "../../src/store/migrations/migrate.ts";
import { runRetention } from "../../src/store/thread/retention-job.ts";
import { contentSuite } from "./content/content-suite.ts";
import { emptyStore, openForTest, storeKinds } from "./engines.ts";
import { callRow, priced } from "./ledger-rows.ts";
import { type PostgresServer, startPostgres } from "./postgres-server.ts";

let postgres: PostgresServer;
beforeAll(async () => {
  postgres = await startPostgres();
});

const rejecting = (rejected: string[]): Unwritten => ({
  reject: (record) => void rejected.push(record),
  rejectContent: () => expect.unreachable(),
  erased: () => expect.unreachable(),
});
const day = 86_400_000;
const may = Date.UTC(2026, 4, 1);

for (const kind of storeKinds) {
  describe(`jobs in ${kind}`, () => {
    const fresh = async () => {
      const engine = await openForTest(await emptyStore(kind, postgres));
      await migrate(engine, 1);
      return engine;
    };

    contentSuite(fresh);

    it("are one gateway's at a time, until its time has passed or it has finished", async () => {
      const engine = await fresh();
      const claim = (holder: string, nowMs: number) =>
        takeJob(engine, { name: "j", holder, nowMs, expiresMs: nowMs + 100 });
      const claims = await Promise.all(["a", "b", "c"].map((holder) => claim(holder, 0)));
      expect(claims.filter(Boolean)).toHaveLength(1);
      const [winner = ""] = ["a", "b", "c"].filter((_, at) => claims[at]);
      expect(await claim("other", 99)).toBe(false);
      expect(await claim(winner, 99)).toBe(true);
      expect(await claim("other", 199)).toBe(true);
      await finishJob(engine, { name: "j", holder: winner, nowMs: 200 });
      expect(await finishedMs(engine, "j")).toBe(0);
      await finishJob(engine, { name: "j", holder: "other", nowMs: 201 });
      expect(await finishedMs(engine, "j")).toBe(201);
      expect(await claim("third", 202)).toBe(true);
    });

    it("delete calls and sums of hours that are old, and leave the sums of days", async () => {
      const engine = await fresh();
      const rows = Array.from({ length: 1_100 }, (_, at) =>
        callRow(`old${at}`, { endedMs: may + at }),
      );
      await writeCalls(engine, [...rows, callRow("new", { endedMs: may + 40 * day })]);
      const retention = { callsMs: 30 * day, hoursMs: 30 * day };
      const nowMs = () => may + 41 * day;
      const [one, other] = await Promise.all([
        runRetention(engine, "a", { retention, nowMs }),
        runRetention(engine, "b", { retention, nowMs }),
      ]);
      expect([one, other].sort()).toEqual([0, 1_100]);
      const { calls } = await pageCalls(engine, { limit: 10 });
      expect(calls.map(({ callId }) => callId)).toEqual(["new"]);
      const attempts = await engine.db.selectFrom("attempts").select("call_id").execute();
      expect(attempts).toEqual([{ call_id: "new" }]);
      const range = { dimension: "total", fromMs: may, toMs: may + 60 * day, top: 9 } as const;
      const days = await aggregateUsage(engine, { ...range, bucket: "day" });
      expect(days.map(({ sums }) => sums.calls)).toEqual([1_100n, 1n]);
      expect(await aggregateUsage(engine, { ...range, bucket: "hour" })).toHaveLength(1);
    });

    it("stop deleting when they may not go on", async () => {
      const engine = await fresh();
      await writeCalls(engine, [callRow("old", { endedMs: may })]);
      const goesOn = async () => false;
      expect(await deleteOld(engine, { callsMs: 1 }, { nowMs: may + day, goesOn })).toBe(0);
    });

    it("set aside the one record that the database refuses, and write all others", async () => {
      const engine = await fresh();
      const lines = Array.from({ length: 20 }, (_, at) => printLedgerRow(callRow(`c${at}`)));
      lines[7] = printLedgerRow(callRow("too large", { cost: priced(2n ** 70n) }));
      lines[13] = "no record";
      const rejected: string[] = [];
      await writeOrReject(engine, lines, rejecting(rejected));
      expect(rejected).toEqual([lines[7], lines[13]]);
      expect((await pageCalls(engine, { limit: 100 })).calls).toHaveLength(18);
    });
  });
}

it("a disk that is full has no record of SQLite set aside, and all are written once there is room", async () => {
  const engine = await openForTest(await emptyStore("sqlite", postgres));
  await migrate(engine, 1);
  const { rows } = await sql<{ page_count: bigint }>`pragma page_count`.execute(engine.db);
  const limit = (pages: bigint) => sql.raw(`pragma max_page_count = ${pages}`).execute(engine.db);
  const [pages = 0n] = rows.map(({ page_count }) => page_count);
  await limit(pages + 2n);
  const lines = Array.from({ length: 50 }, (_, at) => printLedgerRow(callRow(`c${at}`)));
  const rejected: string[] = [];
  const write = () => writeOrReject(engine, lines, rejecting(rejected));
  await expect(write()).rejects.toThrow("database or disk is full");
  await limit(pages + 1_000n);
  await write();
  expect(rejected).toEqual([]);
  expect((await pageCalls(engine, { limit: 100 })).calls).toHaveLength(50);
});
