import { beforeAll, describe, expect, it } from "vitest";
import { KeyService } from "../../../gen/parlance/admin/v1/key_service_pb.js";
import { until } from "../../redis/until.ts";
import { emptyStore } from "../../store/engines.ts";
import { type PostgresServer, startPostgres } from "../../store/postgres-server.ts";
import { startTenantGateway } from "./tenant-gateway.ts";

const slow = { model: "slow" };
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
