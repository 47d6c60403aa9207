import { existsSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import pg from "pg";
import { beforeAll, describe, expect, it } from "vitest";
import { printLedgerRow } from "../../src/core/ledger/ledger-json.ts";
import { openEngine } from "../../src/store/engine/engine.ts";
import { openJournal } from "../../src/store/journal/journal.ts";
import { takeSlot } from "../../src/store/journal/journal-slot.ts";
import { until } from "../redis/until.ts";
import { attemptRow, callRow, priced } from "./ledger-rows.ts";
import { type PostgresServer, startPostgres } from "./postgres-server.ts";
import { chat, readLedger, scratchFolder, startStoring, storeConfig } from "./store-gateway.ts";

let postgres: PostgresServer;
beforeAll(async () => {
  postgres = await startPostgres();
});

describe("a gateway with a store", () => {
  it("has each call in SQLite once it has stopped, with who made it", async () => {
    const folder = scratchFolder();
    const path = join(folder, "data", "parlance.db");
    const { gateway, notices } = await startStoring({ sqlite: { path } });
    expect(await chat(gateway.url)).toBe(200);
    expect(await chat(gateway.url, { stream: true })).toBe(200);
    expect(await chat(gateway.url, { model: "nowhere" })).toBe(404);
    await gateway.close();
    const rows = await readLedger({ kind: "sqlite", path });
    expect(rows).toHaveLength(3);
    expect(rows[0]).toMatchObject({
      key: "dev",
      team: "support",
      principal: "dev",
      endUser: "eve",
      tags: ["web"],
      operation: "chat",
      stream: false,
      clientDialect: "openai-chat",
      model: "fast",
      target: "sim/echo",
      provider: "sim",
      status: "whole",
      reason: "",
      usage: { inputTokens: expect.any(BigInt) },
    });
    expect(rows.map(({ stream, status, reason }) => [stream, status, reason])).toEqual([
      [false, "whole", ""],
      [true, "whole", ""],
      [false, "broken", "UNKNOWN_MODEL"],
    ]);
    expect(notices).toEqual([]);
  });

  it("connects to PostgreSQL with credentials that have changed, without a restart", async () => {
    const url = await postgres.createDatabase();
    const urlOf = (user: string) => url.replace("parlance@", `${user}:secret@`);
    const admin = new pg.Client({ connectionString: url });
    await admin.connect();
    for (const user of ["first", "second"])
      await admin.query(`create role ${user} superuser login`);
    const journal = { path: join(scratchFolder(), "journal") };
    const storeOf = (user: string) => ({ postgres: { url: { value: urlOf(user) } }, journal });
    const { gateway } = await startStoring(storeOf("first"));
    expect(await chat(gateway.url)).toBe(200);
    expect(await gateway.reload(storeConfig(storeOf("second")))).toEqual({
      ok: true,
      warnings: [],
    });
    await admin.query("alter role first nologin");
    await admin.query(
      "select pg_terminate_backend(pid) from pg_stat_activity where usename = 'first'",
    );
    expect(await chat(gateway.url)).toBe(200);
    await gateway.close();
    expect(await readLedger({ kind: "postgres", url })).toHaveLength(2);
    const { rows } = await admin.query(
      "select usename from pg_stat_activity where usename = 'first'",
    );
    expect(rows).toEqual([]);
    await admin.end();
  });

  it("keeps none of a request without a key", async () => {
    const path = join(scratchFolder(), "parlance.db");
    const { gateway } = await startStoring({ sqlite: { path } });
    const reply = await fetch(`${gateway.url}/v1/models`);
    expect(reply.status).toBe(401);
    await gateway.close();
    expect(await readLedger({ kind: "sqlite", path })).toEqual([]);
  });

  it("shows what it keeps while it runs, in memory too", async () => {
    for (const store of [{ memory: {} }, { sqlite: { path: join(scratchFolder(), "p.db") } }]) {
      const { gateway } = await startStoring(store);
      await chat(gateway.url);
      const link = gateway.engine.world.store;
      if (link === undefined) throw new Error("no store");
      await link.flush();
      await until(async () => {
        const { calls } = await link.request("calls.page", { limit: 10 });
        return calls.length === 1;
      });
    }
  });

  it("shows who looks the calls that ended before", async () => {
    const { gateway } = await startStoring({ sqlite: { path: join(scratchFolder(), "p.db") } });
    const link = gateway.engine.world.store;
    if (link === undefined) throw new Error("no store");
    for (let count = 1; count <= 3; count += 1) {
      link.record(() => callRow(`call-${count}`));
      expect((await link.request("calls.page", { limit: 10 })).calls).toHaveLength(count);
    }
  });

  it("serves while PostgreSQL is away, and writes all once it is back", async () => {
    const url = await postgres.createDatabase();
    const journal = { path: join(scratchFolder(), "journal") };
    const { gateway, notices } = await startStoring({ postgres: { url: { value: url } }, journal });
    await chat(gateway.url);
    await until(async () => (await readLedger({ kind: "postgres", url })).length === 1);
    await postgres.stop();
    for (let sent = 0; sent < 20; sent += 1) expect(await chat(gateway.url)).toBe(200);
    await until(() => notices.some(({ event }) => event === "store_down"));
    await postgres.start();
    await until(async () => (await readLedger({ kind: "postgres", url })).length === 21);
    await gateway.close();
    const rows = await readLedger({ kind: "postgres", url });
    expect(new Set(rows.map(({ callId }) => callId)).size).toBe(21);
    expect(notices.filter(({ event }) => event === "store_down")).toHaveLength(1);
  });

  it("leaves in the journal what could not be written, for the next start", async () => {
    const url = await postgres.createDatabase();
    const store = {
      postgres: { url: { value: url } },
      journal: { path: join(scratchFolder(), "journal") },
    };
    await (await startStoring(store)).gateway.close();
    await postgres.stop();
    const { gateway, notices } = await startStoring(store);
    expect(notices.map(({ event }) => event)).toContain("store_snapshot_served");
    for (let sent = 0; sent < 3; sent += 1) expect(await chat(gateway.url)).toBe(200);
    await gateway.close();
    await postgres.start();
    const { gateway: next } = await startStoring(store);
    await until(async () => {
      try {
        return (await readLedger({ kind: "postgres", url })).length === 3;
      } catch {
        return false;
      }
    });
    await next.close();
  });

  it("does not start without its database where the config says so, or without a snapshot", async () => {
    const url = await postgres.createDatabase();
    const journal = { path: join(scratchFolder(), "journal") };
    const other = { path: join(scratchFolder(), "journal") };
    const store = { postgres: { url: { value: url } }, journal };
    await (await startStoring(store)).gateway.close();
    await postgres.stop();
    const refusing = startStoring({ ...store, on_store_down: "REFUSE" });
    await expect(refusing).rejects.toThrow(/^store: /);
    await expect(startStoring({ ...store, journal: other })).rejects.toThrow(
      /^store: the database does not answer \(.*\), and there is no .*snapshot: /,
    );
    const path = join(journal.path, "snapshot");
    expect(statSync(path).mode & 0o777).toBe(0o600);
    const text = readFileSync(path, "utf8");
    writeFileSync(path, text.replace('"sequence":0', '"sequence":9'));
    await expect(startStoring(store)).rejects.toThrow(/and .*snapshot is damaged: /);
    await postgres.start();
  });

  it("does not start on a schema that is newer than it knows", async () => {
    const path = join(scratchFolder(), "parlance.db");
    const { gateway } = await startStoring({ sqlite: { path } });
    await gateway.close();
    const engine = await openEngine({ kind: "sqlite", path }, () => undefined);
    await engine.db
      .insertInto("schema_versions")
      .values({ version: 99n, name: "later", applied_ms: 1n })
      .execute();
    await engine.close();
    await expect(startStoring({ sqlite: { path } })).rejects.toThrow("the store has schema 99");
  });

  it("does not start where its file cannot be made", async () => {
    const folder = scratchFolder();
    await expect(startStoring({ sqlite: { path: folder } })).rejects.toThrow(/^store: /);
  });

  it("writes nothing to disk without one", async () => {
    const { gateway } = await startStoring({ memory: {} });
    await chat(gateway.url);
    expect(existsSync("data")).toBe(false);
  });
});

describe("budgets of a gateway that starts", () => {
  it.each(["sqlite", "postgres"] as const)(
    "count what an earlier one spent this hour, in the database or only in its journal: %s",
    async (kind) => {
      const folder = scratchFolder();
      const database =
        kind === "sqlite"
          ? { sqlite: { path: join(folder, "p.db") } }
          : { postgres: { url: { value: await postgres.createDatabase() } } };
      const store = { ...database, journal: { path: join(folder, "journal") } };
      const prices = { tokens: { input: "0", output: "0" }, thousand_requests: "1000" };
      const models = [{ name: "fast", targets: [{ model: "sim/echo", facts: { prices } }] }];
      const teams = [{ name: "support", budget: { usd: "3", window: "HOUR" } }];
      const more = { models, teams };
      const nowMs = Date.UTC(2026, 4, 3, 10, 30);
      const first = await startStoring(store, more, nowMs);
      expect(await chat(first.gateway.url)).toBe(200);
      await first.gateway.close();
      const slot = takeSlot(store.journal.path);
      const left = openJournal({
        folder: slot.folder,
        maxBytes: 2 ** 30,
        onDamage: () => undefined,
      });
      const cost = priced(1_000_000_000n);
      const lost = callRow("lost", { endedMs: nowMs - 1, cost, attempts: [attemptRow({ cost })] });
      left.append([Buffer.from(printLedgerRow(lost))]);
      left.close();
      slot.release();
      const { gateway } = await startStoring(store, more, nowMs);
      expect([await chat(gateway.url), await chat(gateway.url)]).toEqual([200, 402]);
    },
  );
});
