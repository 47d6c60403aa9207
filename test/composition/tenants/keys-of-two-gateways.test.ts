import { readFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { KeyService } from "../../../gen/parlance/admin/v1/key_service_pb.js";
import { ModelService } from "../../../gen/parlance/admin/v1/model_service_pb.js";
import { BudgetWindow } from "../../../gen/parlance/config/v1/budget_pb.js";
import { systemSchedule } from "../../../src/composition/system-world.ts";
import { until } from "../../redis/until.ts";
import { emptyStore } from "../../store/engines.ts";
import { type PostgresServer, startPostgres } from "../../store/postgres-server.ts";
import { temporaryJournal } from "../../store/temporary-journal.ts";
import { adminKey, startTenantGateway, type TenantGateway } from "./tenant-gateway.ts";

/** Nothing is looked at again and again: what is seen was told. */
const world = {
  schedule: (run: () => void, delayMs: number) =>
    delayMs < 10_000 ? systemSchedule(run, delayMs) : () => undefined,
};
const slow = { model: "slow" };
let postgres: PostgresServer;
beforeAll(async () => {
  postgres = await startPostgres();
});

for (const kind of ["sqlite", "postgres"] as const)
  describe(`two gateways on one ${kind}`, () => {
    const startTwo = async () => {
      const address = await emptyStore(kind, postgres);
      const one = await startTenantGateway(address, world);
      const other = await startTenantGateway(address, world);
      return { one, other };
    };

    it("take a key that one of them has made at once, and refuse it once it is deleted", async () => {
      const { one, other } = await startTwo();
      const { key, value } = await one.client(KeyService).createKey({ key: { alias: "web" } });
      expect(await one.chat(value)).toBe(200);
      expect(await other.chat(value)).toBe(200);
      await other.client(KeyService).deleteKey({ id: key?.id ?? "" });
      expect(await other.chat(value)).toBe(401);
      await until(async () => (await one.chat(value)) === 401);
    });

    it("both see what is blocked, and what a key may use", async () => {
      const { one, other } = await startTwo();
      const { key, value } = await one.client(KeyService).createKey({ key: { models: ["fast"] } });
      const id = key?.id ?? "";
      expect(await other.chat(value, slow)).toBe(403);
      await one.client(KeyService).updateKey({ key: { id, models: ["slow"] } });
      await until(async () => (await other.chat(value, slow)) === 200);
      await one.client(KeyService).blockKey({ id });
      await until(async () => (await other.chat(value, slow)) === 403);
      await one.client(KeyService).unblockKey({ id });
      await until(async () => (await other.chat(value, slow)) === 200);
    });

    it("both take the value of a rotation, and the one before for its grace alone", async () => {
      const { one, other } = await startTwo();
      const made = await one.client(KeyService).createKey({ key: {} });
      const id = made.key?.id ?? "";
      const graced = await one
        .client(KeyService)
        .rotateKey({ id, gracePeriod: { seconds: 3600n } });
      for (const gateway of [one, other])
        for (const value of [made.value, graced.value]) expect(await gateway.chat(value)).toBe(200);
      const last = await one.client(KeyService).rotateKey({ id });
      expect(await one.chat(last.value)).toBe(200);
      expect(await one.chat(graced.value)).toBe(401);
      await until(async () => (await other.chat(graced.value)) === 401);
      expect(await other.chat(last.value)).toBe(200);
    });
  });

describe("a gateway that starts while PostgreSQL is away", () => {
  it("serves by its snapshot, and knows what has changed once the server is back", async () => {
    const address = await emptyStore("postgres", postgres);
    const journal = temporaryJournal();
    const first = await startTenantGateway(address, {}, journal);
    const budgets = [{ usd: "20", window: BudgetWindow.MONTH }];
    const { key, value } = await first
      .client(KeyService)
      .createKey({ key: { models: ["fast"], budgets } });
    await first
      .client(ModelService)
      .createModel({ model: { name: "made", targets: [{ model: "sim/echo" }] } });
    const spent = await remaining(first, value);
    expect(spent).toBeLessThan(20);
    await first.close();
    expect(readFileSync(join(journal, "snapshot"), "utf8")).not.toContain(value);
    await postgres.stop();
    const before = await startTenantGateway(address, world, journal);
    const left = await remaining(before, value);
    expect(left).toBeLessThan(spent);
    await before.close();
    const next = await startTenantGateway(address, world, journal);
    expect(await next.chat(adminKey, { model: "made" })).toBe(200);
    expect(await next.chat(value, slow)).toBe(403);
    expect(await next.chat("sk-nobody")).not.toBe(200);
    // What waits in the journal is spent too.
    expect(await remaining(next, value)).toBeLessThan(left);
    await postgres.start();
    const other = await startTenantGateway(address);
    await other.client(KeyService).deleteKey({ id: key?.id ?? "" });
    await other.client(ModelService).deleteModel({ name: "made" });
    await until(async () => (await next.chat(value)) === 401);
    await until(async () => (await next.chat(adminKey, { model: "made" })) === 404);
  });
});

/** What is left of the budget of a key after a call, in USD. */
async function remaining({ url }: TenantGateway, key: string): Promise<number> {
  const reply = await fetch(`${url}/v1/chat/completions`, {
    method: "POST",
    headers: { authorization: `Bearer ${key}`, "content-type": "application/json" },
    body: JSON.stringify({ model: "fast", messages: [{ role: "user", content: "hi" }] }),
  });
  await reply.arrayBuffer();
  return Number(reply.headers.get("x-parlance-budget-remaining-usd"));
}
