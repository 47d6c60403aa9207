import { create } from "@bufbuild/protobuf";
import fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";
import { UsageSchema } from "../../gen/parlance/chat/v1/usage_pb.js";
import { parseLedgerRow, printLedgerRow } from "../../src/core/ledger/ledger-json.ts";
import type { LedgerRow } from "../../src/core/ledger/ledger-row.ts";
import type { Engine } from "../../src/store/engine/engine.ts";
import { aggregateUsage } from "../../src/store/ledger/aggregate-usage.ts";
import { type CallPageQuery, pageCalls } from "../../src/store/ledger/query-calls.ts";
import type { UsageQuery } from "../../src/store/ledger/usage-query.ts";
import { writeCalls } from "../../src/store/ledger/write-calls.ts";
import { migrate } from "../../src/store/migrations/migrate.ts";
import { emptyStore, openForTest, storeKinds } from "./engines.ts";
import { attemptRow, callRow, priced } from "./ledger-rows.ts";
import { type PostgresServer, startPostgres } from "./postgres-server.ts";

let postgres: PostgresServer;
beforeAll(async () => {
  postgres = await startPostgres();
});

const day = 86_400_000;
const hour = 3_600_000;
const may = Date.UTC(2026, 4, 1);

/** All of May, unless something else is said. */
const usage = (engine: Engine, over: Partial<UsageQuery>) =>
  aggregateUsage(engine, {
    dimension: "total",
    bucket: "all",
    fromMs: may,
    toMs: may + 31 * day,
    top: 100,
    ...over,
  });
/** Values with their calls and costs. */
const costs = async (engine: Engine, over: Partial<UsageQuery>) =>
  (await usage(engine, over)).map(({ value, sums }) => [value, sums.calls, sums.cost_nano_usd]);
const ids = async (engine: Engine, query: Partial<CallPageQuery>) =>
  (await pageCalls(engine, { limit: 100, ...query })).calls.map(({ callId }) => callId);

describe("a line of the journal", () => {
  const shared = {
    usage: create(UsageSchema, {
      inputTokens: 0n,
      outputTokens: 2n ** 40n,
      toolUses: { web_search: 3n },
      serviceTier: "flex",
      extrasJson: { seconds: "1.5" },
    }),
    estimated: true,
    cost: priced(7n),
  };

  it("says what the row says", () => {
    const rows = [
      callRow("a"),
      callRow("b", {
        usage: undefined,
        firstTokenUs: undefined,
        cost: { kind: "unpriced", why: "no price", vendorNanoUsd: 2n ** 60n },
        attempts: [attemptRow({ usage: undefined, firstTokenUs: undefined })],
      }),
      callRow('"\n\0\u{1F600}', { attempts: [], cost: priced(2n ** 62n) }),
      callRow("c", { ...shared, attempts: [attemptRow(shared)] }),
      callRow("d", { ...shared, attempts: [attemptRow({ ...shared, estimated: false })] }),
      callRow("e", { ...shared, attempts: [attemptRow(shared), attemptRow()] }),
    ];
    for (const row of rows) {
      const line = printLedgerRow(row);
      expect(line).not.toContain("\n");
      expect(parseLedgerRow(line)).toEqual(row);
    }
  });

  it("says what the row says, whatever its texts hold", () => {
    const holds = (text: string) => {
      const uses = create(UsageSchema, { toolUses: { [`of ${text}`]: 1n }, serviceTier: text });
      const cost = { ...priced(1n), priceVersion: text, source: text };
      const attempt = attemptRow({
        why: text,
        dialect: text,
        cost: { kind: "unpriced", why: text },
      });
      const named = { principal: text, user: text, model: text, arm: text, tags: [text] };
      const row = callRow(text, { ...named, usage: uses, cost, attempts: [attempt] });
      expect(parseLedgerRow(printLedgerRow(row))).toEqual(row);
    };
    fc.assert(fc.property(fc.string({ unit: "binary" }), holds));
    for (const text of ["", '"', "\\", "\u2028", "\uD800", "<b>", "a, b"]) holds(text);
  });

  it("does not repeat for an attempt what the call took and cost", () => {
    const one = callRow("c", { ...shared, attempts: [attemptRow(shared)] });
    const other = callRow("c", {
      ...shared,
      attempts: [attemptRow({ ...shared, cost: priced(7n) })],
    });
    expect(printLedgerRow(one).match(/nanoUsd/g)).toHaveLength(1);
    expect(printLedgerRow(other).match(/nanoUsd/g)).toHaveLength(2);
    expect(parseLedgerRow(printLedgerRow(other))).toEqual(one);
  });
});

for (const kind of storeKinds) {
  describe(`the ledger in ${kind}`, () => {
    const fresh = async (rows: readonly LedgerRow[] = []) => {
      const engine = await openForTest(await emptyStore(kind, postgres));
      await migrate(engine, 1);
      await writeCalls(engine, rows);
      return engine;
    };

    it("gives back what was written", async () => {
      const rows = [
        callRow("c3", { endedMs: may + 3 }),
        callRow("c2", {
          endedMs: may + 2,
          usage: undefined,
          firstTokenUs: undefined,
          cost: { kind: "unpriced", why: "no price", vendorNanoUsd: 7n },
          attempts: [
            attemptRow({ status: "broken", reason: "UPSTREAM_TIMEOUT", cost: priced(0n) }),
            attemptRow({ hedged: true, wasted: true, usage: undefined, firstTokenUs: undefined }),
          ],
        }),
        callRow("c1", { endedMs: may + 1, attempts: [], tags: [], rules: [] }),
      ];
      const engine = await fresh(rows);
      const { calls, next } = await pageCalls(engine, { limit: 3 });
      expect(calls).toEqual(rows);
      expect(next).toBeUndefined();
    });

    it("writes a call once, however often it comes", async () => {
      const engine = await fresh();
      const rows = Array.from({ length: 150 }, (_, at) => callRow(`c${at}`));
      expect(await writeCalls(engine, rows)).toBe(150);
      expect(await writeCalls(engine, [...rows.slice(100), callRow("new")])).toBe(1);
      expect(await writeCalls(engine, [callRow("twice"), callRow("twice")])).toBe(1);
      expect(await costs(engine, {})).toEqual([["", 152n, 152n * 1_500n]]);
    });

    it("writes calls once that two write at the same time", async () => {
      const engine = await fresh();
      const rows = Array.from({ length: 60 }, (_, at) =>
        callRow(`c${at}`, { key: `k${at % 7}`, endedMs: may + at }),
      );
      const batches = [rows, rows.toReversed(), rows.slice(20), rows.slice(0, 40)];
      const fresh_ = await Promise.all(batches.map((batch) => writeCalls(engine, batch)));
      expect(fresh_.reduce((sum, count) => sum + count, 0)).toBe(60);
      expect(await costs(engine, {})).toEqual([["", 60n, 90_000n]]);
    });

    it("pages through all of them, new ones or not", async () => {
      const rows = Array.from({ length: 25 }, (_, at) =>
        callRow(`c${String(at).padStart(2, "0")}`, { endedMs: may + Math.floor(at / 3) }),
      );
      const engine = await fresh(rows);
      const seen: string[] = [];
      let after: CallPageQuery["after"];
      for (let pages = 0; pages < 4; pages += 1) {
        const page = await pageCalls(engine, { limit: 7, after });
        seen.push(...page.calls.map(({ callId }) => callId));
        after = page.next;
        await writeCalls(engine, [callRow(`later${pages}`, { endedMs: may + 1_000 })]);
      }
      expect(after).toBeUndefined();
      expect(seen).toEqual(rows.map(({ callId }) => callId).toReversed());
      expect(await ids(engine, { oldestFirst: true, limit: 2 })).toEqual(["c00", "c01"]);
    });

    it("finds calls by each filter, and never those of others", async () => {
      const engine = await fresh([
        callRow("a", { team: "support", tags: ['b","c', "web"], endedMs: may }),
        callRow("b", { team: "Support", tags: ["c"], endedMs: may + 1, key: "o'hara" }),
        callRow("c", { team: "sales", tags: ["c\\", "50%"], endedMs: may + 2, status: "broken" }),
      ]);
      expect(await ids(engine, { teams: ["support"] })).toEqual(["a"]);
      expect(await ids(engine, { teams: ["support", "sales"] })).toEqual(["c", "a"]);
      expect(await ids(engine, { teams: [] })).toEqual([]);
      expect(await ids(engine, { keys: ["o'hara"] })).toEqual(["b"]);
      expect(await ids(engine, { keys: ["' or 1 = 1 --"] })).toEqual([]);
      expect(await ids(engine, { tags: ["c"] })).toEqual(["b"]);
      expect(await ids(engine, { tags: ['b","c'] })).toEqual(["a"]);
      expect(await ids(engine, { tags: ["c\\", "WEB"] })).toEqual(["c"]);
      expect(await ids(engine, { tags: ["5_%"] })).toEqual([]);
      expect(await ids(engine, { statuses: ["broken"] })).toEqual(["c"]);
      expect(await ids(engine, { fromMs: may + 1, toMs: may + 2 })).toEqual(["b"]);
      expect(await ids(engine, { callIds: ["a", "c", "x"] })).toEqual(["c", "a"]);
    });

    it("sums by each dimension as the calls do", async () => {
      const engine = await fresh([
        callRow("a", { model: "fast", team: "support", cost: priced(5n) }),
        callRow("b", { model: "smart", team: "sales", cost: priced(70n), status: "left" }),
        callRow("c", { model: "fast", team: "sales", cost: priced(900n), status: "broken" }),
        callRow("d", {
          model: "fast",
          team: "",
          tags: [],
          endUser: "",
          cost: { kind: "unpriced", why: "no price" },
          cache: "hit",
          attempts: [],
        }),
      ]);
      expect(await costs(engine, { dimension: "team" })).toEqual([
        ["sales", 2n, 970n],
        ["support", 1n, 5n],
        ["", 1n, 0n],
      ]);
      expect(await costs(engine, { dimension: "tag" })).toEqual([
        ["eu", 3n, 975n],
        ["web", 3n, 975n],
      ]);
      expect(await costs(engine, { dimension: "provider" })).toEqual([["openai", 3n, 4_500n]]);
      expect(await costs(engine, { dimension: "status" })).toEqual([
        ["broken", 1n, 900n],
        ["left", 1n, 70n],
        ["whole", 2n, 5n],
      ]);
      expect(await costs(engine, { dimension: "model", top: 1 })).toEqual([["fast", 2n, 905n]]);
      const [total] = await usage(engine, {});
      expect(total?.sums).toEqual({
        calls: 4n,
        failed_calls: 1n,
        left_calls: 1n,
        cached_calls: 1n,
        unpriced_calls: 1n,
        input_tokens: 40n,
        cache_read_tokens: 16n,
        cache_write_tokens: 0n,
        output_tokens: 20n,
        reasoning_tokens: 0n,
        cost_nano_usd: 975n,
        cache_saved_nano_usd: 12n,
        hedge_waste_nano_usd: 0n,
        duration_us: 4_000n,
        first_token_us: 3_200n,
        first_token_calls: 4n,
      });
    });

    it("sums a tenant's calls by each dimension, and no others", async () => {
      const engine = await fresh([
        callRow("a", { team: "support", key: "k1", cost: priced(5n) }),
        callRow("b", { team: "support", key: "k2", cost: priced(70n), model: "smart" }),
        callRow("c", { team: "sales", key: "k3", cost: priced(900n) }),
      ]);
      const support = { teams: ["support"] };
      expect(await costs(engine, { dimension: "key", ...support })).toEqual([
        ["k2", 1n, 70n],
        ["k1", 1n, 5n],
      ]);
      expect(await costs(engine, { dimension: "model", ...support })).toEqual([
        ["smart", 1n, 70n],
        ["fast", 1n, 5n],
      ]);
      expect(await costs(engine, { ...support })).toEqual([["", 2n, 75n]]);
      expect(await costs(engine, { dimension: "provider", ...support })).toEqual([
        ["openai", 2n, 3_000n],
      ]);
      expect(await costs(engine, { dimension: "status", ...support })).toEqual([
        ["whole", 2n, 75n],
      ]);
      expect(await costs(engine, { teams: ["support"], keys: ["k3"] })).toEqual([]);
      expect(await costs(engine, { teams: [] })).toEqual([]);
    });

    it("sums by hours and days, and by whole days where a time begins within one", async () => {
      const rows = Array.from({ length: 72 }, (_, at) =>
        callRow(`c${at}`, { endedMs: may + at * hour + 59_000, cost: priced(BigInt(at)) }),
      );
      const engine = await fresh(rows);
      const days = await usage(engine, { bucket: "day" });
      expect(days.map(({ bucketMs, sums }) => [bucketMs, sums.calls])).toEqual([
        [may, 24n],
        [may + day, 24n],
        [may + 2 * day, 24n],
      ]);
      const some = { fromMs: may + 22 * hour, toMs: may + 2 * day + 3 * hour };
      const [all] = await usage(engine, some);
      expect(all?.sums.calls).toBe(29n);
      const byDay = await usage(engine, { ...some, bucket: "day" });
      expect(byDay.map(({ sums }) => sums.calls)).toEqual([2n, 24n, 3n]);
      const byHour = await usage(engine, { ...some, bucket: "hour" });
      expect(byHour).toHaveLength(29);
      expect((await usage(engine, { ...some, toMs: some.fromMs + 1 })).length).toBe(1);
    });

    it("keeps sums of values that are too long for an index, or have no place in a text", async () => {
      const long = "x".repeat(4_000);
      const engine = await fresh([
        callRow("a", { endUser: `${long}1`, tags: ["a\0", "a\uFFFD"], model: "y".repeat(9_000) }),
        callRow("b", { endUser: `${long}2`, tags: ["\uD800"] }),
        callRow("c", { endUser: `${long}2`, tags: [] }),
      ]);
      const found = await costs(engine, { dimension: "end_user" });
      expect(found.map(([, calls]) => calls)).toEqual([2n, 1n]);
      expect(await costs(engine, { dimension: "end_user", values: [`${long}2`] })).toHaveLength(1);
      expect(await costs(engine, { dimension: "tag" })).toEqual([
        ["a\uFFFD", 1n, 1_500n],
        ["\uFFFD", 1n, 1_500n],
      ]);
    });

    it("has sums that equal the rows they are of, whatever was written in which batches", async () => {
      await fc.assert(
        fc.asyncProperty(
          fc.array(
            fc.record({
              at: fc.integer({ min: 0, max: 40 * 24 }),
              id: fc.integer({ min: 0, max: 30 }),
              key: fc.constantFrom("k1", "k2", "\u{1F600}'"),
              cost: fc.option(fc.bigInt({ min: 0n, max: 10n ** 12n })),
            }),
            { maxLength: 40 },
          ),
          fc.integer({ min: 1, max: 9 }),
          async (calls, size) => {
            const engine = await fresh();
            const rows = calls.map(({ at, id, key, cost }) =>
              callRow(`c${id}`, {
                endedMs: may + at * hour,
                key,
                cost: cost === null ? { kind: "unpriced", why: "x" } : priced(cost),
              }),
            );
            for (let at = 0; at < rows.length; at += size)
              await writeCalls(engine, rows.slice(at, at + size));
            const { calls: kept } = await pageCalls(engine, { limit: 1_000 });
            const range = { fromMs: may, toMs: may + 60 * day };
            for (const key of new Set(kept.map((row) => row.key))) {
              const own = kept.filter((row) => row.key === key);
              const nanoUsd = own.reduce(
                (sum, { cost }) => sum + (cost.kind === "priced" ? cost.nanoUsd : 0n),
                0n,
              );
              const expected = [[key, BigInt(own.length), nanoUsd]];
              expect(await costs(engine, { ...range, dimension: "key", values: [key] })).toEqual(
                expected,
              );
              expect(await costs(engine, { ...range, dimension: "key", keys: [key] })).toEqual(
                expected,
              );
            }
            await engine.close();
          },
        ),
        { numRuns: kind === "postgres" ? 5 : 15 },
      );
    });
  });
}
