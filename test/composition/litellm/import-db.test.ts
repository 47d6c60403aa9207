import { writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import type { StoreAddress } from "../../../src/store/engine/engine.ts";
import { runIn } from "../../cli/shell.ts";
import { sender } from "../../edge/rest/litellm/management-gateway.ts";
import { emptyStore, openForTest } from "../../store/engines.ts";
import { type PostgresServer, startPostgres } from "../../store/postgres-server.ts";
import { scratchFolder } from "../../store/store-gateway.ts";
import { temporaryJournal } from "../../store/temporary-journal.ts";
import { startTenantGateway } from "../tenants/tenant-gateway.ts";
import { fillLitellm, tokenOf } from "./litellm-database.ts";

let postgres: PostgresServer;
beforeAll(async () => {
  postgres = await startPostgres();
}, 60_000);

const keys = {
  web: "sk-web-0123456789abcdef",
  before: "sk-web-before-0123456789",
  ann: "sk-ann-0123456789abcdef",
  gone: "sk-gone-0123456789abcdef",
  blocked: "sk-blocked-0123456789abc",
};

const today = new Date().toISOString().slice(0, 10);

const filled = {
  LiteLLM_BudgetTable: [
    { budget_id: "org-budget", max_budget: 1000, budget_duration: "30d", rpm_limit: 600 },
    { budget_id: "key-budget", max_budget: 2.5, budget_duration: "14d", tpm_limit: 5000 },
  ],
  LiteLLM_OrganizationTable: [
    { organization_id: "acme", organization_alias: "Acme", budget_id: "org-budget", models: [] },
  ],
  LiteLLM_OrganizationMembership: [
    { user_id: "ann", organization_id: "acme", user_role: "org_admin" },
  ],
  LiteLLM_TeamTable: [
    {
      team_id: "t-web",
      team_alias: "web/shop",
      organization_id: "acme",
      members_with_roles: [
        { user_id: "ann", role: "admin" },
        { user_id: "bob", role: "user" },
      ],
      max_budget: 100,
      budget_duration: "1mo",
      spend: 12.345678901234,
      metadata: { cost_center: "7" },
    },
    { team_id: "t-one", team_alias: "same", models: ["fast"] },
    { team_id: "t-two", team_alias: "same", blocked: true },
  ],
  LiteLLM_UserTable: [
    { user_id: "default_user_id", user_role: "proxy_admin" },
    { user_id: "ann", user_email: "ann@acme.com", user_role: "internal_user", max_budget: 50 },
    { user_id: "bob", user_alias: "Bob", spend: 0.5 },
  ],
  LiteLLM_VerificationToken: [
    {
      token: tokenOf(keys.web),
      key_name: "sk-...cdef",
      key_alias: "web",
      team_id: "t-web",
      budget_id: "key-budget",
      spend: 0.25,
      metadata: { tags: ["prod"], n: 1, model_rpm_limit: { fast: 5 } },
      models: ["fast"],
      aliases: { gpt: "fast" },
    },
    { token: tokenOf(keys.ann), user_id: "ann", team_id: "t-web", max_parallel_requests: 3 },
    { token: tokenOf(keys.gone), expires: "2020-01-01T00:00:00Z" },
    { token: tokenOf(keys.blocked), blocked: true, permissions: { pii: true } },
    { token: tokenOf("sk-page"), team_id: "litellm-dashboard" },
  ],
  LiteLLM_DeprecatedVerificationToken: [
    {
      id: "1",
      token: tokenOf(keys.before),
      active_token_id: tokenOf(keys.web),
      revoke_at: "2100-01-01T00:00:00Z",
    },
  ],
  LiteLLM_EndUserTable: [
    {
      ...{ user_id: "palantir", alias: "P", budget_id: "key-budget", allowed_model_region: "eu" },
      spend: 1.75,
    },
    { user_id: "free" },
    { user_id: "shut", blocked: true },
  ],
  LiteLLM_SpendLogs: [
    {
      request_id: "chatcmpl-1",
      call_type: "acompletion",
      api_key: tokenOf(keys.web),
      spend: 0.1,
      prompt_tokens: 10,
      completion_tokens: 5,
      startTime: `${today}T00:00:00.000Z`,
      endTime: `${today}T00:00:01.500Z`,
      model: "gpt-4o-2024",
      model_group: "gpt-4o",
      custom_llm_provider: "openai",
      team_id: "t-web",
      end_user: "palantir",
      request_tags: ["prod"],
      cache_hit: "False",
      status: "success",
    },
  ],
};

/** A config of a store, and the command that imports into it. */
function importer(address: StoreAddress, url: string) {
  const config = `${scratchFolder()}/parlance.yaml`;
  const journal = `journal: { path: "${temporaryJournal()}" }`;
  const store =
    address.kind === "postgres"
      ? `{ postgres: { url: { value: "${address.url}" } }, ${journal} }`
      : `{ sqlite: { path: "${address.kind === "sqlite" ? address.path : ""}" } }`;
  writeFileSync(config, `store: ${store}\n`);
  return (...more: string[]) => runIn(["import", "litellm-db", url, "--config", config, ...more]);
}

describe.each(["sqlite", "postgres"] as const)("LiteLLM's database into a store in %s", (kind) => {
  it("brings keys that work as before, with all that they belong to", async () => {
    const url = await postgres.createDatabase();
    await fillLitellm(url, filled);
    const address = await emptyStore(kind, postgres);
    const run = importer(address, url);
    const dry = await run("--dry-run");
    expect(dry.stdout).toMatch(/^OBJECTS +WOULD BE IMPORTED/);
    const ran = await run();
    expect(ran).toMatchObject({ code: 3, stderr: "" });
    for (const line of [
      /^organization +1 +0 +0$/m,
      /^team +3 +0 +0$/m,
      /^user +3 +0 +0$/m,
      /^member +2 +0 +0$/m,
      /^key +4 +0 +1$/m,
      /^end user +2 +0 +0$/m,
      /^opening balance +4 +0 +0$/m,
    ])
      expect(ran.stdout).toMatch(line);
    for (const words of ["key.permissions", "team.alias"]) expect(ran.stdout).toContain(words);

    const gateway = await startTenantGateway(address);
    const calls = [keys.web, keys.before, keys.ann, keys.gone, keys.blocked];
    const statuses: number[] = [];
    for (const key of calls) statuses.push(await gateway.chat(key));
    expect(statuses).toEqual([200, 200, 200, 401, 403]);
    expect(await gateway.chat(keys.web, { model: "slow" })).toBe(403);

    const { get, post } = sender(gateway.url);
    const web = await get(`/key/info?key=${keys.web}`);
    expect(web.body).toMatchObject({
      info: {
        token: tokenOf(keys.web),
        key_name: "sk-...cdef",
        key_alias: "web",
        team_id: "t-web",
        organization_id: "acme",
        max_budget: 2.5,
        budget_duration: "14d",
        tpm_limit: 5000,
        tags: ["prod"],
        aliases: { gpt: "fast" },
        metadata: { tags: ["prod"], n: 1 },
        spend: expect.closeTo(0.25, 4),
      },
    });
    expect((await get("/team/info?team_id=t-web")).body).toMatchObject({
      team_info: {
        team_alias: "web-shop",
        admins: ["ann"],
        members: ["ann", "bob"],
        max_budget: 100,
        spend: expect.closeTo(12.345679, 4),
        metadata: { cost_center: "7" },
      },
    });
    expect((await get("/user/info?user_id=ann")).body).toMatchObject({
      user_info: { user_email: "ann@acme.com", max_budget: 50, organization_id: "acme" },
    });
    expect((await get("/customer/list")).body).toMatchObject([
      {
        ...{ user_id: "palantir", alias: "P", allowed_model_region: "eu", spend: 1.75 },
        litellm_budget_table: { max_budget: 2.5, budget_duration: "14d", tpm_limit: 5000 },
      },
      { user_id: "shut", blocked: true },
    ]);
    // LiteLLM keeps limits by model in the metadata.
    expect(web.body).toMatchObject({ info: { model_rpm_limit: { fast: 5 } } });
    // As before, a key of an admin of a team makes keys for it.
    expect((await post("/key/generate", { team_id: "t-web" }, keys.ann)).status).toBe(200);
  });

  it("may be run again: what is there stays, and new things come", async () => {
    const url = await postgres.createDatabase();
    await fillLitellm(url, {
      ...filled,
      LiteLLM_VerificationToken: filled.LiteLLM_VerificationToken.slice(1),
    });
    const address = await emptyStore(kind, postgres);
    const run = importer(address, url);
    await run();
    const engine = await openForTest(address);
    await engine.db
      .updateTable("users")
      .set({ name: "changed here" })
      .where("id", "=", "bob")
      .execute();
    const again = await run();
    for (const line of [
      /^team +0 +3 +0$/m,
      /^user +0 +3 +0$/m,
      /^member +0 +2 +0$/m,
      /^key +0 +3 +1$/m,
      /^opening balance +0 +0 +0$/m,
    ])
      expect(again.stdout).toMatch(line);
    const { name } = await engine.db
      .selectFrom("users")
      .select("name")
      .where("id", "=", "bob")
      .executeTakeFirstOrThrow();
    expect(name).toBe("changed here");
  });

  it("brings each logged call, and what was spent beside them", async () => {
    const url = await postgres.createDatabase();
    await fillLitellm(url, filled);
    const address = await emptyStore(kind, postgres);
    const run = importer(address, url);
    expect((await run("--with-spend-logs")).stdout).toMatch(/^spend log +1 +0 +0$/m);
    expect((await run("--with-spend-logs")).stdout).toMatch(/^spend log +0 +1 +0$/m);
    const gateway = await startTenantGateway(address);
    const { get } = sender(gateway.url);
    expect((await get("/spend/logs?request_id=chatcmpl-1")).body).toMatchObject([
      {
        request_id: "chatcmpl-1",
        call_type: "acompletion",
        api_key: tokenOf(keys.web),
        spend: 0.1,
        prompt_tokens: 10,
        completion_tokens: 5,
        request_duration_ms: 1500,
        model: "gpt-4o-2024",
        model_group: "gpt-4o",
        custom_llm_provider: "openai",
        end_user: "palantir",
      },
    ]);
    // 0.25 by LiteLLM's count, of which the log has 0.1.
    expect((await get(`/key/info?key=${keys.web}`)).body).toMatchObject({ info: { spend: 0.25 } });
    expect((await get("/global/spend")).body).toMatchObject({ spend: 0.1 });
  });

  it("gives keys a keyed hash once they are used", async () => {
    const url = await postgres.createDatabase();
    await fillLitellm(url, filled);
    const address = await emptyStore(kind, postgres);
    await importer(address, url)();
    const gateway = await startTenantGateway(address);
    const engine = await openForTest(address);
    const hashOf = async (key: string) => {
      const found = engine.db.selectFrom("keys").select("hash").where("id", "=", tokenOf(key));
      return (await found.executeTakeFirstOrThrow()).hash;
    };
    expect(await hashOf(keys.ann)).toBe(`sha256:${tokenOf(keys.ann)}`);
    expect(await gateway.chat(keys.ann)).toBe(200);
    await expect.poll(() => hashOf(keys.ann), { timeout: 20_000 }).toMatch(/^[0-9a-f]{64}$/);
    expect(await gateway.chat(keys.ann)).toBe(200);
    expect(await hashOf(keys.blocked)).toMatch(/^sha256:/);
    // Another gateway knows the key by its new hash alone.
    const other = await startTenantGateway(address);
    expect(await other.chat(keys.ann)).toBe(200);
  });
});

it("says what is wrong with a database or a config", async () => {
  const empty = await postgres.createDatabase();
  const address = await emptyStore("sqlite", postgres);
  expect(await importer(address, empty)()).toMatchObject({
    code: 1,
    stderr: expect.stringContaining("no tables of LiteLLM"),
  });
  const secret = "postgres://litellm:hidden-password@127.0.0.1:1/none";
  const refused = await importer(address, secret)();
  expect(refused.code).toBe(1);
  expect(refused.stderr).not.toContain("hidden-password");
  const config = `${dirname(scratchFolder())}/none.yaml`;
  expect((await runIn(["import", "litellm-db", empty, "--config", config])).code).toBe(1);
});
