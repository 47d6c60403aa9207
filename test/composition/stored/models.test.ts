import type { MessageInitShape } from "@bufbuild/protobuf";
import { beforeAll, describe, expect, it } from "vitest";
import { AuditService } from "../../../gen/parlance/admin/v1/audit_service_pb.js";
import { ModelService } from "../../../gen/parlance/admin/v1/model_service_pb.js";
import { ObjectOrigin } from "../../../gen/parlance/admin/v1/origin_pb.js";
import type { ModelSchema } from "../../../gen/parlance/config/v1/model_pb.js";
import { emptyStore, storeKinds } from "../../store/engines.ts";
import { type PostgresServer, startPostgres } from "../../store/postgres-server.ts";
import { fileKey, startTenantGateway } from "../tenants/tenant-gateway.ts";
import { refusal } from "./stored-gateway.ts";

let postgres: PostgresServer;
beforeAll(async () => {
  postgres = await startPostgres();
});

const echo = { targets: [{ model: "sim/echo" }] };

for (const kind of storeKinds)
  describe(`models in ${kind}`, () => {
    const start = async () => {
      const gateway = await startTenantGateway(await emptyStore(kind, postgres));
      return { gateway, models: gateway.client(ModelService) };
    };

    it("can be called once they are made, changed, and no more once they are deleted", async () => {
      const { gateway, models } = await start();
      const call = (model: string) => gateway.chat(fileKey, { model });
      expect(await call("smart")).toBe(404);
      const made = await models.createModel({ model: { name: "smart", ...echo } });
      expect(made.settings).toMatchObject({ origin: ObjectOrigin.STORE, etag: "1", problem: "" });
      expect(await call("smart")).toBe(200);
      const changed = await models.updateModel({
        model: { name: "smart", description: "for hard questions" },
        etag: "1",
      });
      expect(changed.settings).toMatchObject({
        etag: "2",
        model: { description: "for hard questions", targets: [{ model: "sim/echo" }] },
      });
      const { model, settings } = await models.getModel({ name: "smart" });
      expect(model).toMatchObject({
        description: "for hard questions",
        origin: ObjectOrigin.STORE,
      });
      expect(settings?.etag).toBe("2");
      await models.deleteModel({ name: "smart", etag: "2" });
      expect(await call("smart")).toBe(404);
    });

    it("are refused with the field that is wrong", async () => {
      const { models } = await start();
      const wrong = [
        [{ name: "m", targets: [] }, /model\.targets/],
        [{ name: "m", targets: [{ model: "nowhere/x" }] }, /nowhere/],
        [{ name: "m", ...echo, fallbacks: ["unheard"] }, /unheard/],
        [{ name: "has space", ...echo }, /model\.name/],
      ] satisfies [MessageInitShape<typeof ModelSchema>, RegExp][];
      for (const [model, words] of wrong) {
        const one = await refusal(models.createModel({ model }));
        expect(one).toMatchObject({
          code: "InvalidArgument",
          message: expect.stringMatching(words),
        });
      }
      const { models: listed } = await models.listModels({ pageSize: 1000 });
      expect(listed.map(({ name }) => name)).not.toContain("m");
    });

    it("have names of their own, and leave the config's alone", async () => {
      const { models } = await start();
      await models.createModel({ model: { name: "smart", ...echo } });
      for (const name of ["smart", "fast"])
        expect(await refusal(models.createModel({ model: { name, ...echo } }))).toMatchObject({
          code: "AlreadyExists",
        });
      const owned = {
        code: "FailedPrecondition",
        message: expect.stringContaining("gateway.yaml"),
      };
      expect(
        await refusal(models.updateModel({ model: { name: "fast", description: "x" } })),
      ).toMatchObject(owned);
      expect(await refusal(models.deleteModel({ name: "fast" }))).toMatchObject(owned);
      expect(await refusal(models.deleteModel({ name: "nothing" }))).toMatchObject({
        code: "NotFound",
      });
      const { settings } = await models.getModel({ name: "fast" });
      expect(settings).toMatchObject({ origin: ObjectOrigin.FILE, etag: "" });
    });

    it("are changed by whoever has seen the last state, and deleted once none needs them", async () => {
      const { models } = await start();
      await models.createModel({ model: { name: "first", ...echo } });
      await models.createModel({ model: { name: "second", ...echo, fallbacks: ["first"] } });
      const stale = models.updateModel({ model: { name: "first", description: "x" }, etag: "7" });
      expect(await refusal(stale)).toMatchObject({ code: "Aborted" });
      expect(await refusal(models.deleteModel({ name: "first" }))).toMatchObject({
        code: "FailedPrecondition",
        message: expect.stringContaining("second"),
      });
      await models.updateModel({ model: { name: "second" }, updateMask: { paths: ["fallbacks"] } });
      await models.deleteModel({ name: "first" });
    });

    it("are for admins alone, and each change is in the audit", async () => {
      const { gateway, models } = await start();
      const others = gateway.client(ModelService, fileKey);
      for (const call of [
        others.createModel({ model: { name: "smart", ...echo } }),
        others.updateModel({ model: { name: "smart", ...echo } }),
        others.deleteModel({ name: "smart" }),
      ])
        expect(await refusal(call)).toMatchObject({ code: "PermissionDenied" });
      await models.createModel({ model: { name: "smart", ...echo } });
      await models.updateModel({ model: { name: "smart", description: "new" } });
      await models.deleteModel({ name: "smart" });
      const { entries } = await gateway
        .client(AuditService)
        .listAuditEntries({ objectKind: "model" });
      expect(entries.map(({ action }) => action)).toEqual([
        "model.delete",
        "model.update",
        "model.create",
      ]);
      expect(entries[1]?.beforeJson).not.toContain("new");
      expect(entries[1]?.afterJson).toContain("new");
      expect(entries[1]?.requestId).not.toBe("");
      expect((await others.getModel({ name: "fast" })).settings).toBeUndefined();
    });
  });
