import { Code, ConnectError } from "@connectrpc/connect";
import { beforeAll, describe, expect, it, vi } from "vitest";
import { AuditService } from "../../../gen/parlance/admin/v1/audit_service_pb.js";
import { KeyKind } from "../../../gen/parlance/admin/v1/key_pb.js";
import { KeyService } from "../../../gen/parlance/admin/v1/key_service_pb.js";
import { TeamService } from "../../../gen/parlance/admin/v1/team_service_pb.js";
import { firstAdminKey } from "../../../src/composition/tenants/first-admin-key.ts";
import { directoryRow } from "../../../src/store/directory/directory-row.ts";
import { readOneObject, touchKeys } from "../../../src/store/directory/read-directory.ts";
import { writeDirectory } from "../../../src/store/directory/write-directory.ts";
import { migrate } from "../../../src/store/migrations/migrate.ts";
import { emptyStore, openForTest, storeKinds } from "../../store/engines.ts";
import { type PostgresServer, startPostgres } from "../../store/postgres-server.ts";
import { adminKey, fileKey, startTenantGateway } from "./tenant-gateway.ts";

let postgres: PostgresServer;
beforeAll(async () => {
  postgres = await startPostgres();
}, 60_000);

/** The code and the HTTP-independent words of what a promise is refused with. */
async function refusal(promise: Promise<unknown>): Promise<string> {
  const error = await promise.then(
    () => undefined,
    (reason: unknown) => ConnectError.from(reason),
  );
  return error === undefined ? "none" : `${Code[error.code]}: ${error.rawMessage}`;
}

describe.each(storeKinds)("keys of a store in %s", (kind) => {
  it("are good once they are made, and show their value this once", async () => {
    const gateway = await startTenantGateway(await emptyStore(kind, postgres));
    const keys = gateway.client(KeyService);
    const { key, value } = await keys.createKey({ key: { alias: "web", team: "support" } });
    expect(value).toMatch(/^sk-[0-9A-Za-z]{43}$/);
    expect(await gateway.chat(value)).toBe(200);
    const listed = await keys.listKeys({});
    expect(listed.keys.map(({ id }) => id)).toEqual(["dev", key?.id]);
    expect(
      JSON.stringify(listed, (_, one) => (typeof one === "bigint" ? String(one) : one)),
    ).not.toContain(value);
    expect((await keys.getKey({ id: "web" })).key?.id).toBe(key?.id);
  });

  it("are refused once they are blocked, expired, rotated or deleted", async () => {
    let nowMs = Date.now();
    const gateway = await startTenantGateway(await emptyStore(kind, postgres), {
      wallMs: () => nowMs,
    });
    const keys = gateway.client(KeyService);
    const { value } = await keys.createKey({ key: { alias: "web" } });
    await keys.blockKey({ id: "web" });
    expect(await gateway.chat(value)).toBe(403);
    await keys.unblockKey({ id: "web" });
    expect(await gateway.chat(value)).toBe(200);
    const rotated = await keys.rotateKey({ id: "web", gracePeriod: { seconds: 60n } });
    expect([await gateway.chat(value), await gateway.chat(rotated.value)]).toEqual([200, 200]);
    nowMs += 60_000;
    expect([await gateway.chat(value), await gateway.chat(rotated.value)]).toEqual([401, 200]);
    const expiresAt = { seconds: BigInt(Math.floor(nowMs / 1000) + 10) };
    await keys.updateKey({ key: { id: "web", expiresAt } });
    expect(await gateway.chat(rotated.value)).toBe(200);
    nowMs += 11_000;
    expect(await gateway.chat(rotated.value)).toBe(401);
    await keys.deleteKey({ id: "web" });
    expect(await gateway.chat(rotated.value)).toBe(401);
    expect(await refusal(keys.getKey({ id: "web" }))).toContain("NotFound");
  });

  it("may do only what their settings say", async () => {
    const gateway = await startTenantGateway(await emptyStore(kind, postgres));
    const keys = gateway.client(KeyService);
    const cases = [
      [{ models: ["fast"] }, 200],
      [{ models: ["else/*"] }, 403],
      [{ operations: ["embed"] }, 403],
      [{ routes: ["/v1/chat/*"] }, 200],
      [{ routes: ["/v1/embeddings"] }, 403],
      [{ allowedIps: ["127.0.0.0/8"] }, 200],
      [{ allowedIps: ["10.0.0.0/8"] }, 403],
      [{ defaultParametersJson: '{"max_tokens":9}' }, 200],
      [{ kind: KeyKind.READ_ONLY }, 403],
    ] as const;
    for (const [settings, status] of cases) {
      const { value } = await keys.createKey({ key: structuredClone(settings) as object });
      expect([settings, await gateway.chat(value)]).toEqual([settings, status]);
    }
  });

  it("are changed by who has seen them last, and those of the file by nobody", async () => {
    const gateway = await startTenantGateway(await emptyStore(kind, postgres));
    const keys = gateway.client(KeyService);
    const { key } = await keys.createKey({ key: { alias: "web", tags: ["a"] } });
    const etag = key?.etag ?? "";
    await keys.updateKey({ key: { id: "web", models: ["fast"], etag } });
    expect(await refusal(keys.updateKey({ key: { id: "web", etag } }))).toContain("Aborted");
    const teams = gateway.client(TeamService);
    const { team } = await teams.createTeam({ team: { name: "x" } });
    const changed = await teams.updateTeam({ team: { id: team?.id ?? "", blocked: true } });
    expect(changed.team).toMatchObject({ name: "x", blocked: true });
    expect(await refusal(teams.createTeam({ team: {} }))).toContain("team.name");
    const cleared = await keys.updateKey({ key: { id: "web" }, updateMask: { paths: ["tags"] } });
    expect(cleared.key).toMatchObject({ tags: [], models: ["fast"] });
    for (const change of [
      () => keys.updateKey({ key: { id: "dev", tags: ["a"] } }),
      () => keys.deleteKey({ id: "dev" }),
      () => keys.rotateKey({ id: "dev" }),
      () => gateway.client(TeamService).deleteTeam({ id: "support" }),
    ])
      expect(await refusal(change())).toMatch(/^FailedPrecondition: .*gateway\.yaml/);
    expect(await gateway.chat(fileKey)).toBe(200);
  });

  it("keep when they were used through a change that was begun before", async () => {
    const engine = await openForTest(await emptyStore(kind, postgres));
    await migrate(engine, 1);
    const row = directoryRow({ kind: "key", id: "one" });
    await writeDirectory(engine, { writes: [{ row, how: "create" }], audit: [] });
    await touchKeys(engine, { uses: [["one", 1_234]] });
    await writeDirectory(engine, { writes: [{ row, how: "update" }], audit: [] });
    const { lastUsedMs } = (await readOneObject(engine, { kind: "key", id: "one" })) ?? {};
    expect(lastUsedMs).toBe(1_234);
  });

  it("may have the value that a caller brings, once", async () => {
    const gateway = await startTenantGateway(await emptyStore(kind, postgres));
    const keys = gateway.client(KeyService);
    const value = "a-value-from-elsewhere";
    await keys.createKey({ key: { alias: "web" }, value });
    expect(await gateway.chat(value)).toBe(200);
    for (const taken of [value, fileKey, adminKey])
      expect(await refusal(keys.createKey({ key: {}, value: taken }))).toMatch(/^AlreadyExists/);
    expect(await refusal(keys.createKey({ key: {}, value: "short" }))).toMatch(/^InvalidArgument/);
    const { keys: page, totalSize } = await keys.listKeys({ pageSize: 1, skip: 1 });
    expect([page[0]?.alias, totalSize]).toEqual(["web", 2]);
  });

  it("leave an audit without secrets, the newest change first", async () => {
    const gateway = await startTenantGateway(await emptyStore(kind, postgres));
    const keys = gateway.client(KeyService);
    const { value } = await keys.createKey({ key: { alias: "web" } });
    await keys.deleteKey({ id: "web" });
    const audit = gateway.client(AuditService);
    const { entries, nextPageToken } = await audit.listAuditEntries({ pageSize: 1 });
    const rest = await audit.listAuditEntries({ pageToken: nextPageToken });
    const all = [...entries, ...rest.entries];
    expect(all.map(({ action }) => action)).toEqual(["key.delete", "key.create"]);
    expect(all[1]).toMatchObject({ actor: "admin", address: "127.0.0.1", beforeJson: "" });
    expect(all.map((one) => one.afterJson + one.beforeJson).join()).not.toContain(value);
  });
});

describe("the first admin key of a store", () => {
  it.each(["sqlite", "postgres"] as const)(
    "is made once in %s, and does everything",
    async (kind) => {
      const store = await emptyStore(kind, postgres);
      const made = await Promise.all([firstAdminKey(store, 1), firstAdminKey(store, 1)]);
      expect(made.filter((value) => value !== undefined)).toHaveLength(1);
      expect(await firstAdminKey(store, 2)).toBeUndefined();
      const gateway = await startTenantGateway(store);
      const value = made.find((one) => one !== undefined) ?? "";
      expect(await gateway.chat(value)).toBe(200);
      const { keys } = await gateway.client(KeyService, value).listKeys({});
      expect(keys.map(({ alias }) => alias)).toEqual(["dev", "first admin key"]);
    },
  );
});

describe("two gateways on one PostgreSQL", () => {
  it("know of keys at once, and of revocations within a second", async () => {
    const store = await emptyStore("postgres", postgres);
    const one = await startTenantGateway(store);
    const other = await startTenantGateway(store);
    const keys = one.client(KeyService);
    const { key, value } = await keys.createKey({ key: {} });
    expect(await other.chat(value)).toBe(200);
    await keys.deleteKey({ id: key?.id ?? "" });
    await vi.waitFor(async () => expect(await other.chat(value)).toBe(401), { timeout: 10_000 });
  });

  it("keep hashes of values alone", async () => {
    const store = await emptyStore("postgres", postgres);
    const gateway = await startTenantGateway(store);
    const { value } = await gateway.client(KeyService).createKey({ key: { alias: "web" } });
    const engine = await openForTest(store);
    const [row] = await engine.db.selectFrom("keys").selectAll().execute();
    expect(row?.hash).toMatch(/^[0-9a-f]{64}$/);
    expect(Object.values(row ?? {}).map(String)).not.toContain(value);
  });
});
