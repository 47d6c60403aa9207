import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createClient } from "@connectrpc/connect";
import { createGrpcTransport } from "@connectrpc/connect-node";
import { beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { UsageService } from "../../../gen/parlance/admin/v1/usage_service_pb.js";
import type { LedgerRow } from "../../../src/core/ledger/ledger-row.ts";
import { startGateway } from "../../../src/serve.ts";
import { aggregateUsage } from "../../../src/store/ledger/aggregate-usage.ts";
import { pageCalls } from "../../../src/store/ledger/query-calls.ts";
import { readRevisions, repriceCalls } from "../../../src/store/ledger/reprice-calls.ts";
import { deleteOld } from "../../../src/store/ledger/retention.ts";
import { writeCalls } from "../../../src/store/ledger/write-calls.ts";
import { migrate } from "../../../src/store/migrations/migrate.ts";
import { runIn } from "../../cli/shell.ts";
import { emptyStore, openForTest, storeKinds } from "../engines.ts";
import { attemptRow, callRow, priced } from "../ledger-rows.ts";
import { type PostgresServer, startPostgres } from "../postgres-server.ts";

let postgres: PostgresServer;
beforeAll(async () => {
  postgres = await startPostgres();
});

const anew = (before: LedgerRow, nanoUsd: bigint) => ({
  before,
  after: {
    ...before,
    cost: { ...priced(nanoUsd), priceVersion: "v2" },
    attempts: before.attempts.map((attempt) => ({
      ...attempt,
      cost: { ...priced(nanoUsd), priceVersion: "v2" },
    })),
  },
});

for (const kind of storeKinds)
  describe(`calls that are priced anew, in ${kind}`, () => {
    const open = async () => {
      const engine = await openForTest(await emptyStore(kind, postgres));
      await migrate(engine, 1);
      return engine;
    };

    it("keep what they cost before, and sums follow", async () => {
      const engine = await open();
      const unpriced = { kind: "unpriced", why: "no price" } as const;
      const attempts = [attemptRow({ cost: unpriced })];
      await writeCalls(engine, [callRow("a"), callRow("b", { cost: unpriced, attempts })]);
      const { calls } = await pageCalls(engine, { limit: 10, oldestFirst: true });
      const changes = calls.map((row) => anew(row, 7_000n));
      expect(await repriceCalls(engine, { calls: changes, atMs: 99 })).toBe(2);
      const [{ endedMs } = callRow("")] = calls;
      for (const dimension of ["total", "team", "model", "provider", "target", "status"] as const) {
        const query = { bucket: "day", fromMs: endedMs - 1, toMs: endedMs + 1, top: 10 } as const;
        const sums = await aggregateUsage(engine, { dimension, ...query });
        expect(sums.map((one) => one.sums)).toMatchObject([
          { calls: 2n, cost_nano_usd: 14_000n, unpriced_calls: 0n },
        ]);
        const of = { organizations: [callRow("").organization] };
        const own = await aggregateUsage(engine, { dimension, ...query, ...of });
        expect(own[0]?.sums.cost_nano_usd).toBe(14_000n);
      }
      const revisions = await readRevisions(engine, ["a", "b"]);
      expect(revisions.filter(({ attempt }) => attempt === undefined)).toMatchObject([
        { callId: "a", atMs: endedMs, cost: { nanoUsd: 1_500n, priceVersion: "v1" } },
        { callId: "a", atMs: 99, cost: { nanoUsd: 7_000n, priceVersion: "v2" } },
        { callId: "b", cost: unpriced },
        { callId: "b", cost: { nanoUsd: 7_000n } },
      ]);
      expect(revisions).toHaveLength(8);
    });

    it("are priced once, however many try", async () => {
      const engine = await open();
      await writeCalls(engine, [callRow("a")]);
      const { calls } = await pageCalls(engine, { limit: 1 });
      const change = { calls: calls.map((row) => anew(row, 9_000n)), atMs: 5 };
      const done = await Promise.all(Array.from({ length: 4 }, () => repriceCalls(engine, change)));
      expect(done.toSorted()).toEqual([0, 0, 0, 1]);
      const [{ endedMs } = callRow("")] = calls;
      const [sum] = await aggregateUsage(engine, {
        ...{ dimension: "total", bucket: "all", top: 1 },
        ...{ fromMs: endedMs - 1, toMs: endedMs + 1 },
      });
      expect(sum?.sums.cost_nano_usd).toBe(9_000n);
      await deleteOld(engine, { callsMs: 1 }, { nowMs: endedMs + 10, goesOn: async () => true });
      expect(await readRevisions(engine, ["a"])).toEqual([]);
    });
  });

/** A gateway on a database, whose model costs so many dollars for a million tokens of the prompt. */
async function startAt(path: string, prices: string, more = "") {
  const gateway = await startGateway({
    config: `
server: { port: 0 }
auth: { admin_key: { value: sk-admin } }
store: { sqlite: { path: ${path} } }
providers: { sim: { kind: sim } }
models: [{ name: m, targets: [{ model: sim/echo, facts: { prices: { tokens: ${prices} } } }] }]
keys: [{ name: dev, value: { value: sk-dev } }]
${more}
`,
  });
  onTestFinished(() => gateway.close());
  const usage = createClient(UsageService, createGrpcTransport({ baseUrl: gateway.url }));
  const as = (key: string) => ({ headers: { authorization: `Bearer ${key}` } });
  return { gateway, usage, as };
}

it("a gateway prices its calls anew by the command line, and says what that changes", async () => {
  const folder = mkdtempSync(join(tmpdir(), "reprice-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const path = join(folder, "parlance.db");
  const first = await startAt(path, '{ input: "1000", output: "0" }');
  for (let sent = 0; sent < 3; sent += 1) {
    const reply = await fetch(`${first.gateway.url}/v1/chat/completions`, {
      method: "POST",
      headers: { ...first.as("sk-dev").headers, "content-type": "application/json" },
      body: JSON.stringify({ model: "m", messages: [{ role: "user", content: "hi" }] }),
    });
    await reply.text();
  }
  await first.gateway.close();
  const { gateway, usage, as } = await startAt(path, '{ input: "3000", output: "0" }');
  const run = (...more: readonly string[]) =>
    runIn(["store", "reprice", "--url", gateway.url, "--key", "sk-admin", ...more]);
  const { calls: before } = await usage.listCalls({}, as("sk-admin"));
  const usd = Number(before[0]?.costUsd);
  const dry = await run("--since", "1d", "--dry-run");
  expect(dry).toMatchObject({ code: 0, stderr: "" });
  expect(dry.stdout).toContain("3 calls: would change 3 from ");
  expect((await usage.listCalls({}, as("sk-admin"))).calls).toEqual(before);
  expect((await run("--since", "1d")).stdout).toContain("3 calls: changed 3 from ");
  expect((await run("--since", "1d")).stdout).toContain("3 calls: changed 0 from 0.00 to 0.00");
  const { calls } = await usage.listCalls({}, as("sk-admin"));
  for (const call of calls) expect(Number(call.costUsd)).toBeCloseTo(3 * usd, 9);
  const { sums } = await usage.aggregateUsage({}, as("sk-admin"));
  expect(sums[0]?.costNanoUsd).toBe(
    calls.reduce((sum, call) => sum + (call.costNanoUsd ?? 0n), 0n),
  );
  const callId = calls[0]?.callId ?? "";
  const { revisions } = await usage.listCostRevisions({ callId }, as("sk-dev"));
  expect(revisions.filter(({ attempt }) => attempt === undefined)).toMatchObject([
    { costUsd: before[0]?.costUsd },
    { costUsd: calls[0]?.costUsd },
  ]);
  await expect(usage.listCostRevisions({ callId: "none" }, as("sk-dev"))).rejects.toThrow(
    "there is no call none",
  );
  const denied = usage.repriceCalls({ startTime: { seconds: 1n } }, as("sk-dev"));
  await expect(denied[Symbol.asyncIterator]().next()).rejects.toThrow("may not call RepriceCalls");
  expect(await run()).toMatchObject({ code: 2, stderr: expect.stringContaining("--since") });
});

it("prices of a date hold for the calls of that time", async () => {
  const folder = mkdtempSync(join(tmpdir(), "reprice-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const path = join(folder, "parlance.db");
  const engine = await openForTest({ kind: "sqlite", path });
  await migrate(engine, 1);
  const attempt = attemptRow({ target: "sim/echo", provider: "sim" });
  const at = (iso: string) => ({ endedMs: Date.parse(iso), model: "m", attempts: [attempt] });
  await writeCalls(engine, [
    callRow("old", at("2026-05-31T23:59:59Z")),
    callRow("new", at("2026-06-01T00:00:00Z")),
    callRow("gone", {
      endedMs: Date.parse("2026-06-02T00:00:00Z"),
      model: "x",
      attempts: [attemptRow({ target: "away/x", provider: "away" })],
    }),
  ]);
  const { usage, as } = await startAt(
    path,
    '{ input: "1000", output: "0", cache_read: "1000" }',
    'prices: [{ target: sim/echo, since: 2026-06-01, uplift_percent: "100" }]',
  );
  const request = {
    startTime: { seconds: BigInt(Date.UTC(2026, 4, 1) / 1000) },
    endTime: { seconds: BigInt(Date.UTC(2026, 7, 1) / 1000) },
  };
  const done = [];
  for await (const progress of usage.repriceCalls(request, as("sk-admin"))) done.push(progress);
  expect(done.at(-1)).toMatchObject({ calls: 3n, changedCalls: 2n, unknownCalls: 1n });
  const { calls } = await pageCalls(engine, { limit: 10, oldestFirst: true });
  expect(calls.map(({ callId, cost }) => [callId, cost])).toMatchObject([
    ["old", { nanoUsd: 10_000_000n }],
    ["new", { nanoUsd: 20_000_000n }],
    ["gone", { nanoUsd: 1_500n }],
  ]);
});
