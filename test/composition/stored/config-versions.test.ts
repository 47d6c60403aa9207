import { Code, ConnectError } from "@connectrpc/connect";
import { describe, expect, it } from "vitest";
import { AuditService } from "../../../gen/parlance/admin/v1/audit_service_pb.js";
import { ConfigChangeKind } from "../../../gen/parlance/admin/v1/config_change_pb.js";
import { ConfigService } from "../../../gen/parlance/admin/v1/config_service_pb.js";
import { ModelService } from "../../../gen/parlance/admin/v1/model_service_pb.js";
import { until } from "../../redis/until.ts";
import { scratchFolder } from "../../store/store-gateway.ts";
import { adminKey, refusal, type StoredGatewayOptions, startStored } from "./stored-gateway.ts";

const sim = { sim: { kind: "sim" } };
const model = (name: string, target = "sim/echo") => ({ name, targets: [{ model: target }] });
const two = JSON.stringify({
  providers: sim,
  models: [model("fast", "sim/lorem-5"), model("new")],
});

const sqlite = () => ({ kind: "sqlite", path: `${scratchFolder()}/parlance.db` }) as const;
const ownedByStore = (more: object = {}): StoredGatewayOptions => ({
  address: sqlite(),
  more: { config_source: "STORE", ...more },
});

describe("a plan", () => {
  it("says what a text would change, and what is wrong with it, at line and column", async () => {
    const stored = await startStored({ address: { kind: "memory" } });
    const configs = stored.client(ConfigService);
    await stored.client(ModelService).createModel({ model: model("kept") });
    const { changes, violations, etag, hash } = await configs.plan({ text: two });
    expect(violations).toEqual([]);
    expect(etag).toBe("0");
    expect(hash).toMatch(/^[0-9a-f]{64}$/);
    expect(changes.map(({ path, kind }) => [path, kind])).toEqual([
      ["models[fast]", ConfigChangeKind.CHANGED],
      ["models[new]", ConfigChangeKind.ADDED],
    ]);
    expect(changes[0]?.beforeJson).toContain("sim/echo");
    expect(changes[0]?.afterJson).toContain("sim/lorem-5");
    const wrong = await configs.plan({ text: "providers: {}\nmodels:\n  - name: x\n" });
    expect(wrong.violations).toMatchObject([{ path: "models[0].targets", line: 3, column: 5 }]);
    expect(wrong.changes).toEqual([]);
    expect(await stored.chat("new")).toBe(404);
  });

  it("can be fetched with GET", async () => {
    const stored = await startStored({ address: { kind: "memory" } });
    const url = new URL("/parlance.admin.v1.ConfigService/Plan", stored.gateway.url);
    url.searchParams.set("encoding", "json");
    url.searchParams.set("message", JSON.stringify({ text: two }));
    const reply = await fetch(url, { headers: { authorization: `Bearer ${adminKey}` } });
    expect(reply.status).toBe(200);
    expect(await reply.json()).toMatchObject({ changes: [{ path: "models[fast]" }, {}] });
  });

  it("shows no secret of either side", async () => {
    const stored = await startStored({ address: { kind: "memory" } });
    const secret = "vendor-key-777";
    const text = JSON.stringify({
      providers: { o: { kind: "openai", api_key: { value: secret } } },
    });
    const plan = await stored.client(ConfigService).plan({ text });
    const print = JSON.stringify(plan);
    expect(print).toContain("providers.o");
    expect(print).not.toContain(secret);
    expect(print).not.toContain(adminKey);
  });
});

describe("a configuration of the store", () => {
  it("is in force once it is applied, and can be rolled back, here and after a restart", async () => {
    const options = ownedByStore();
    const first = await startStored(options);
    const configs = first.client(ConfigService);
    const { etag } = await configs.plan({ text: two });
    const { version } = await configs.apply({ text: two, etag, comment: "a second model" });
    expect(version).toMatchObject({ number: 1, inForce: true, comment: "a second model" });
    expect(await first.chat("new")).toBe(200);
    expect(await configs.getConfig({})).toMatchObject({ version: 1, etag: "1" });
    await configs.apply({ text: JSON.stringify({ providers: sim, models: [model("third")] }) });
    expect(await first.chat("new")).toBe(404);
    expect(await first.chat("third")).toBe(200);
    const back = await configs.rollback({ version: 1, etag: "2" });
    expect(back.version).toMatchObject({ number: 3, rolledBackTo: 1, inForce: true });
    expect(await first.chat("new")).toBe(200);
    await first.close();
    const second = await startStored(options);
    expect(await second.chat("new")).toBe(200);
    const page = await second.client(ConfigService).listVersions({ pageSize: 2 });
    expect(page.versions.map(({ number, inForce }) => [number, inForce])).toEqual([
      [3, true],
      [2, false],
    ]);
    const rest = await second.client(ConfigService).listVersions({ pageToken: page.nextPageToken });
    expect(rest.versions.map(({ number }) => number)).toEqual([1]);
    const { config } = await second.client(ConfigService).getVersion({ version: 2 });
    expect(config?.models.map(({ name }) => name)).toEqual(["third"]);
    const { entries } = await second
      .client(AuditService)
      .listAuditEntries({ objectKind: "config" });
    expect(entries.map(({ action, objectId }) => [action, objectId])).toEqual([
      ["config.rollback", "3"],
      ["config.apply", "2"],
      ["config.apply", "1"],
    ]);
  });

  it("is seen by other gateways within a second, and keeps each its own listener", async () => {
    const options = ownedByStore();
    const one = await startStored(options);
    const other = await startStored(options);
    await one.client(ConfigService).apply({ text: two });
    await until(async () => (await other.chat("new")) === 200);
    const { config, version } = await other.client(ConfigService).getConfig({});
    expect(version).toBe(1);
    expect(config?.auth?.adminKey).toBeDefined();
  });

  it("is refused on another version than it was planned on, and where it is wrong", async () => {
    const stored = await startStored(ownedByStore());
    const configs = stored.client(ConfigService);
    await configs.apply({ text: two, etag: "0" });
    expect(await refusal(configs.apply({ text: two, etag: "0" }))).toMatchObject({
      code: "Aborted",
    });
    const wrong = "models: [{ name: x, targets: [{ model: nowhere/x }] }]";
    expect(await refusal(configs.apply({ text: wrong }))).toMatchObject({
      code: "InvalidArgument",
      message: expect.stringContaining("nowhere"),
    });
    expect(await refusal(configs.apply({ text: "# nothing" }))).toMatchObject({
      code: "InvalidArgument",
    });
    expect(await refusal(configs.rollback({ version: 7 }))).toMatchObject({ code: "NotFound" });
    const race = await Promise.allSettled(
      ["a", "b", "c"].map((name) =>
        configs.apply({
          text: JSON.stringify({ models: [model(name)], providers: sim }),
          etag: "1",
        }),
      ),
    );
    expect(race.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
  });

  it("keeps server, auth and store of the file, and says what of it is not taken", async () => {
    const stored = await startStored(ownedByStore());
    const configs = stored.client(ConfigService);
    const text = JSON.stringify({ ...JSON.parse(two), auth: { admin_key: { value: "another" } } });
    const { warnings } = await configs.plan({ text });
    expect(warnings).toMatchObject([{ path: "auth", ruleId: "owned_by_file" }]);
    await configs.apply({ text });
    expect(await stored.chat("new")).toBe(200);
    expect((await configs.getConfig({})).version).toBe(1);
  });

  it("has its secrets encrypted, and none without a key", async () => {
    const secret = "vendor-key-777";
    const text = JSON.stringify({
      providers: { o: { kind: "openai", api_key: { value: secret } } },
    });
    const options = ownedByStore();
    const stored = await startStored(options);
    await stored.client(ConfigService).apply({ text });
    const { config } = await stored.client(ConfigService).getVersion({ version: 1 });
    expect(JSON.stringify(config)).not.toContain(secret);
    const keyless = await startStored({ ...ownedByStore(), key: "" });
    expect(await refusal(keyless.client(ConfigService).apply({ text }))).toMatchObject({
      message: expect.stringContaining("store.encryption_key"),
    });
    await keyless.client(ConfigService).apply({ text: two });
  });

  it("is not made where the file owns the configuration", async () => {
    const stored = await startStored({ address: sqlite() });
    expect(await refusal(stored.client(ConfigService).apply({ text: two }))).toMatchObject({
      code: "FailedPrecondition",
      message: expect.stringContaining("gateway.yaml"),
    });
  });
});

describe("who watches the configuration", () => {
  it("hears what is in force and of each change, until the gateway stops", async () => {
    const stored = await startStored(ownedByStore());
    const configs = stored.client(ConfigService);
    const seen = configs.watch({})[Symbol.asyncIterator]();
    const first = await seen.next();
    expect(first.value).toMatchObject({ version: 0, etag: "0" });
    await configs.apply({ text: two });
    const second = await seen.next();
    expect(second.value).toMatchObject({ version: 1, etag: "1" });
    expect(second.value?.hash).not.toBe(first.value?.hash);
    await stored.client(ModelService).createModel({ model: model("more") });
    expect((await seen.next()).value).toMatchObject({ version: 1 });
    const ended = seen.next().then(
      () => undefined,
      (reason: unknown) => ConnectError.from(reason).code,
    );
    await stored.gateway.drain({ graceMs: 60_000, delayMs: 0 });
    expect(await ended).toBe(Code.Unavailable);
  });
});
