import { beforeAll, describe, expect, it } from "vitest";
import { until } from "../redis/until.ts";
import { emptyStore } from "../store/engines.ts";
import { type PostgresServer, startPostgres } from "../store/postgres-server.ts";
import { chatStatus, keysOf, startTenantGateway } from "./tenant-gateway.ts";

let postgres: PostgresServer;
beforeAll(async () => {
  postgres = await startPostgres();
});

for (const kind of ["sqlite", "postgres"] as const)
  describe(`two gateways on one ${kind}`, () => {
    const startTwo = async () => {
      const address = await emptyStore(kind, postgres);
      const one = await startTenantGateway(address);
      const other = await startTenantGateway(address);
      return { one: one.url, other: other.url };
    };

    it("take a key that one of them has made at once, and refuse it once it is deleted", async () => {
      const { one, other } = await startTwo();
      const { key, value } = await keysOf(one).createKey({ key: { alias: "web" } });
      expect(await chatStatus(one, value)).toBe(200);
      expect(await chatStatus(other, value)).toBe(200);
      await keysOf(other).deleteKey({ id: key?.id ?? "" });
      expect(await chatStatus(other, value)).toBe(401);
      await until(async () => (await chatStatus(one, value)) === 401);
    });

    it("both see what is blocked, and what a key may use", async () => {
      const { one, other } = await startTwo();
      const { key, value } = await keysOf(one).createKey({ key: { models: ["fast"] } });
      const id = key?.id ?? "";
      expect(await chatStatus(other, value, "slow")).toBe(403);
      await keysOf(one).updateKey({ key: { id, models: ["slow"] } });
      await until(async () => (await chatStatus(other, value, "slow")) === 200);
      await keysOf(one).blockKey({ id });
      await until(async () => (await chatStatus(other, value, "slow")) === 403);
      await keysOf(one).unblockKey({ id });
      await until(async () => (await chatStatus(other, value, "slow")) === 200);
    });

    it("both take the value of a rotation, and the one before for its grace alone", async () => {
      const { one, other } = await startTwo();
      const made = await keysOf(one).createKey({ key: {} });
      const id = made.key?.id ?? "";
      const graced = await keysOf(one).rotateKey({ id, gracePeriod: { seconds: 3600n } });
      for (const url of [one, other])
        for (const value of [made.value, graced.value])
          expect(await chatStatus(url, value)).toBe(200);
      const last = await keysOf(one).rotateKey({ id });
      expect(await chatStatus(one, last.value)).toBe(200);
      expect(await chatStatus(one, graced.value)).toBe(401);
      await until(async () => (await chatStatus(other, graced.value)) === 401);
      expect(await chatStatus(other, last.value)).toBe(200);
    });
  });
