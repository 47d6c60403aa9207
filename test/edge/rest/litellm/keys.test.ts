import { createHash } from "node:crypto";
import { beforeAll, describe, expect, it } from "vitest";
import { fileKey } from "../../../composition/tenants/tenant-gateway.ts";
import { emptyStore, storeKinds } from "../../../store/engines.ts";
import { type PostgresServer, startPostgres } from "../../../store/postgres-server.ts";
import { startManagementGateway } from "./management-gateway.ts";

let postgres: PostgresServer;
beforeAll(async () => {
  postgres = await startPostgres();
}, 60_000);

/** A body as LiteLLM's pages show it. */
const documented = `{
  "models": ["fast"], "aliases": { "gpt": "fast" }, "duration": "30d", "key_alias": "prod-app",
  "metadata": { "user": "ishaan@berri.ai", "n": 12345678901234567890 }, "tags": ["web"],
  "max_budget": 0.000000005, "budget_duration": "24h", "tpm_limit": 100000, "rpm_limit": 60,
  "max_parallel_requests": 10, "permissions": {}, "send_invite_email": false
}`;

describe.each(storeKinds)("LiteLLM's keys over a store in %s", (kind) => {
  it("are generated, used, read, changed, blocked, rotated and deleted", async () => {
    const gateway = await startManagementGateway(await emptyStore(kind, postgres));
    const made = await gateway.post("/key/generate", documented);
    expect(made.status).toBe(200);
    expect(made.warnings).toBe("");
    const { key, token } = made.body;
    expect(key).toMatch(/^sk-[0-9A-Za-z]{43}$/);
    expect(token).toBe(createHash("sha256").update(String(key)).digest("hex"));
    expect(made.body).toMatchObject({
      token_id: token,
      key_name: `sk-...${String(key).slice(-4)}`,
      key_alias: "prod-app",
      models: ["fast"],
      aliases: { gpt: "fast" },
      budget_duration: "24h",
      tpm_limit: 100000,
      rpm_limit: 60,
      max_parallel_requests: 10,
      tags: ["web"],
      blocked: false,
      spend: 0,
    });
    // All digits of amounts and of what is the caller's own are as they were.
    expect(made.text).toContain('"max_budget":0.000000005,');
    expect(made.text).toContain('"n":12345678901234567890');
    const days = (Date.parse(String(made.body.expires)) - Date.now()) / 86_400_000;
    expect(Math.round(days)).toBe(30);

    await gateway.post("/key/update", { key, max_budget: 10.5, models: ["fast", "slow"] });
    expect(await gateway.chat(String(key))).toBe(200);
    const read = await gateway.get(`/key/info?key=${key}`);
    expect(read.body).toMatchObject({
      key,
      info: { token, max_budget: 10.5, budget_duration: "24h", models: ["fast", "slow"] },
    });
    expect((await gateway.get(`/key/info?key=${token}`)).body.info).toEqual(read.body.info);
    expect((await gateway.get("/key/info", String(key))).body.info).toEqual(read.body.info);

    await gateway.post("/key/block", { key });
    expect(await gateway.chat(String(key))).toBe(403);
    expect((await gateway.post("/key/unblock", { key: token })).body).toMatchObject({
      blocked: false,
    });
    const rotated = await gateway.post(`/key/${token}/regenerate`, {
      grace_period: "1h",
      rpm_limit: null,
    });
    expect(rotated.body).toMatchObject({ token, rpm_limit: null, tpm_limit: 100000 });
    expect(await gateway.chat(String(rotated.body.key))).toBe(200);
    expect(await gateway.chat(String(key))).toBe(200);
    const again = await gateway.post("/key/regenerate", { key: token });
    expect(await gateway.chat(String(rotated.body.key))).toBe(401);
    const deleted = await gateway.post("/key/delete", { key_aliases: ["prod-app"] });
    expect(deleted.body).toEqual({ deleted_keys: ["prod-app"] });
    expect(await gateway.chat(String(again.body.key))).toBe(401);
  });
});

describe("LiteLLM's keys", () => {
  it("are listed in pages, by their tokens or in full", async () => {
    const gateway = await startManagementGateway();
    for (const key_alias of ["a", "b", "c"])
      await gateway.post("/key/generate", { key_alias, team_id: "support" });
    const first = await gateway.get("/key/list?team_id=support&size=2");
    expect(first.body).toMatchObject({ total_count: 4, current_page: 1, total_pages: 2 });
    const second = await gateway.get("/key/list?team_id=support&size=3&page=2");
    expect(second.body).toMatchObject({ keys: [expect.stringMatching(/^[0-9a-f]{64}$/)] });
    const full = await gateway.get("/key/list?return_full_object=true&key_alias=b");
    expect(full.body).toMatchObject({ total_count: 1, keys: [{ key_alias: "b", spend: 0 }] });
    expect((await gateway.get("/key/list?key_alias=nobody")).body).toMatchObject({ keys: [] });
  });

  it("tell what they have spent, as the ledger has it", async () => {
    const gateway = await startManagementGateway();
    const { body } = await gateway.post("/key/generate", { budget_duration: "1mo", max_budget: 1 });
    expect(await gateway.chat(String(body.key))).toBe(200);
    const { info } = (await gateway.get(`/key/info?key=${body.token}`)).body as {
      info: Record<string, unknown>;
    };
    expect(info).toMatchObject({ spend: 0.000005, budget_duration: "1mo" });
    const reset = new Date(String(info.budget_reset_at));
    expect([reset.getUTCDate(), reset.getUTCHours()]).toEqual([1, 0]);
  });

  it("have budgets that look back, that warn, and that are raised for a time", async () => {
    const gateway = await startManagementGateway();
    const { body } = await gateway.post("/key/generate", {
      max_budget: 10,
      soft_budget: 8,
      budget_duration: "14d",
      budget_limits: [{ budget_duration: "2h", max_budget: 1 }],
    });
    const budgets = {
      max_budget: 10,
      soft_budget: 8,
      budget_duration: "14d",
      budget_limits: [{ budget_duration: "2h", max_budget: 1 }],
    };
    expect(body).toMatchObject(budgets);
    const raised = await gateway.post("/key/update", {
      key: body.key,
      temp_budget_increase: 5,
      temp_budget_expiry: "2100-01-15",
    });
    expect(raised.body).toMatchObject({
      ...budgets,
      temp_budget_increase: 5,
      temp_budget_expiry: "2100-01-15T00:00:00Z",
    });
    const warned = await gateway.post("/key/update", { key: body.key, max_budget: null });
    expect(warned.body).toMatchObject({ ...budgets, max_budget: null });
    const spent = await gateway.post("/key/generate", { max_budget: 0.000001 });
    const chats = [await gateway.chat(String(spent.body.key))];
    chats.push(await gateway.chat(String(spent.body.key)));
    expect(chats).toEqual([200, 402]);
    const slow = await gateway.post("/key/generate", { rpm_limit: 1 });
    const limited = [await gateway.chat(String(slow.body.key))];
    limited.push(await gateway.chat(String(slow.body.key)));
    expect(limited).toEqual([200, 429]);
    const soft = await gateway.post("/key/generate", { soft_budget: 0.000001 });
    expect([soft.body.max_budget, await gateway.chat(String(soft.body.key))]).toEqual([null, 200]);
  });

  it("may have a value of the caller's choice, which nobody else has", async () => {
    const gateway = await startManagementGateway();
    const key = "sk-my-own-key-0123456789";
    const made = await gateway.post("/key/generate", { key });
    expect(made.body).toMatchObject({ key });
    // Of a value that people think up the id says nothing.
    expect(made.body.token).not.toBe(createHash("sha256").update(key).digest("hex"));
    expect(await gateway.chat(key)).toBe(200);
    const again = await gateway.post("/key/generate", { key });
    expect(again.body).toMatchObject({ error: { param: "key", code: "400" } });
    const rotated = await gateway.post("/key/regenerate", { key, new_key: `${key}-2` });
    expect(rotated.body).toMatchObject({ key: `${key}-2`, token: made.body.token });
  });

  const refused = [
    [{ max_budget: "ten" }, "max_budget"],
    [{ max_budget: -1 }, "max_budget"],
    [{ max_budget: 1e-10 }, "max_budget"],
    [{ max_budget: true }, "max_budget"],
    [{ max_budget: 1, budget_duration: "30s" }, "budget_duration"],
    [{ max_budget: 1, budget_duration: "2mo" }, "budget_duration"],
    [{ temp_budget_increase: 1 }, "temp_budget_expiry"],
    [{ max_budget: 1, budget_duration: "soon" }, "budget_duration"],
    [{ budget_limits: [{ budget_duration: "1d" }] }, "budget_limits[0].max_budget"],
    [{ budget_limits: 1 }, "budget_limits"],
    [{ duration: "0d" }, "duration"],
    [{ duration: 30 }, "duration"],
    [{ rpm_limit: 0 }, "rpm_limit"],
    [{ tpm_limit: 1.5 }, "tpm_limit"],
    [{ models: "fast" }, "models"],
    [{ models: [1] }, "models"],
    [{ aliases: { a: 1 } }, "aliases.a"],
    [{ metadata: [] }, "metadata"],
    [{ metadata: { litellm_api: {} } }, "metadata.litellm_api"],
    [{ key_alias: "a/b" }, "key_alias"],
    [{ key_type: "root" }, "key_type"],
    [{ key_type: "management" }, "user_id"],
    [{ allowed_routes: ["some_routes"] }, "allowed_routes"],
    [{ team_id: "nowhere" }, "team_id"],
    [{ user_id: "nobody" }, "user_id"],
    [{ key: "own" }, "key"],
    [{ key: "sk-short" }, "key"],
    [{ permissions: { pii: true } }, "permissions"],
    [{ model_max_budget: { fast: {} } }, "model_max_budget.fast"],
    [{ model_rpm_limit: { fast: -1 } }, "fast"],
    [{ budget_id: "none" }, "budget_id"],
    [{ enforced_params: ["user"] }, "enforced_params"],
    [{ spend: 5 }, "spend"],
    [{ object_permission: { mcp_servers: ["a"] } }, "object_permission"],
  ] as const;
  it("are refused by the member that is wrong or cannot be honoured", async () => {
    const gateway = await startManagementGateway();
    for (const [body, param] of refused) {
      const reply = await gateway.post("/key/generate", body);
      const code = String(reply.status);
      expect([body, code]).toEqual([body, expect.stringMatching(/^40[04]$/)]);
      expect([body, reply.body]).toEqual([
        body,
        { error: { message: expect.any(String), type: expect.any(String), param, code } },
      ]);
    }
    expect((await gateway.get("/key/list")).body).toMatchObject({ keys: ["dev"] });
  });

  it("warn of what has no effect, and of what nobody knows", async () => {
    const gateway = await startManagementGateway();
    const body = { guardrails: ["pii"], send_invite_email: true, frobnicate: 1, nothing: null };
    const made = await gateway.post("/key/generate", body);
    expect(made.status).toBe(200);
    expect(made.body).toMatchObject({ guardrails: ["pii"] });
    for (const name of ["guardrails", "send_invite_email", "frobnicate"])
      expect(made.warnings).toContain(`${name}: `);
    expect(made.warnings).not.toContain("nothing");
  });

  it("have LiteLLM's aliases, each once", async () => {
    const gateway = await startManagementGateway();
    await gateway.post("/key/generate", { key_alias: "web" });
    const again = await gateway.post("/key/generate", { key_alias: "web" });
    expect(again.body).toMatchObject({
      error: { type: "bad_request_error", param: "key_alias", code: "400" },
    });
    const renamed = await gateway.post("/key/update", { key: "web", key_alias: "shop" });
    expect(renamed.body).toMatchObject({ key: "web", key_alias: "shop" });
    const byAlias = await gateway.post("/key/update", { key_alias: "shop", rpm_limit: 5 });
    expect(byAlias.body).toMatchObject({ key_alias: "shop", rpm_limit: 5 });
  });

  it("are refused to strangers and to keys without the right, in LiteLLM's shape", async () => {
    const gateway = await startManagementGateway();
    const { body } = await gateway.post("/key/generate", {});
    const other = await gateway.post("/key/generate", {});
    const own = String(body.key);
    const cases = [
      ["/key/generate", {}, "sk-unknown", "401"],
      ["/key/generate", {}, own, "403"],
      ["/team/new", { team_id: "t" }, own, "403"],
      ["/user/new", {}, own, "403"],
    ] as const;
    for (const [path, request, key, code] of cases) {
      const reply = await gateway.post(path, request, key);
      expect([path, reply.status, reply.body.error]).toEqual([
        path,
        Number(code),
        { message: expect.any(String), type: "auth_error", param: expect.any(String), code },
      ]);
    }
    const block = await gateway.post("/key/block", { key: other.body.key }, own);
    expect(block.status).toBe(404);
    const unseen = await gateway.get(`/key/info?key=${other.body.token}`, own);
    expect(unseen.body).toMatchObject({ error: { type: "not_found_error", code: "404" } });
    // A value that is no key's is not repeated.
    const unknown = await gateway.get("/key/info?key=sk-somebody-elses-secret");
    expect([unknown.status, unknown.text.includes("somebody")]).toEqual([404, false]);
  });

  it("of the config file are read here and changed there", async () => {
    const gateway = await startManagementGateway();
    expect((await gateway.get(`/key/info?key=${fileKey}`)).body).toMatchObject({
      info: { token: "dev", team_id: "support" },
    });
    const changed = await gateway.post("/key/update", { key: fileKey, rpm_limit: 1 });
    expect(changed.body).toMatchObject({
      error: { message: expect.stringContaining("gateway.yaml"), code: "409" },
    });
  });

  it("do what their user may do, where whoever makes them may hand that out", async () => {
    const gateway = await startManagementGateway();
    await gateway.post("/user/new", { user_id: "ann", auto_create_key: false });
    await gateway.post("/team/new", {
      team_id: "web",
      members_with_roles: [{ role: "user", user_id: "ann" }],
    });
    const { body } = await gateway.post("/key/generate", { user_id: "ann" });
    const ann = String(body.key);
    const own = await gateway.post("/key/generate", { user_id: "ann", team_id: "web" }, ann);
    expect(own.body).toMatchObject({ user_id: "ann", team_id: "web" });
    const others = await gateway.post("/key/generate", { team_id: "web" }, ann);
    expect(others.status).toBe(403);
    const { body: calls } = await gateway.post("/key/generate", {
      user_id: "ann",
      key_type: "llm_api",
    });
    const none = await gateway.post(
      "/key/generate",
      { user_id: "ann", team_id: "web" },
      String(calls.key),
    );
    expect([calls.key_type, none.status]).toEqual(["llm_api", 403]);
  });

  it("may be held to routes by their paths and by LiteLLM's names", async () => {
    const gateway = await startManagementGateway();
    await gateway.post("/user/new", { user_id: "ann", user_role: "proxy_admin" });
    const cases = [
      [{ allowed_routes: ["/v1/embeddings"] }, 403, 403],
      [{ allowed_routes: ["llm_api_routes"], user_id: "ann" }, 200, 403],
      [{ allowed_routes: ["management_routes"], user_id: "ann" }, 403, 200],
      [{ key_type: "read_only", user_id: "ann" }, 403, 200],
      [{ key_type: "default", user_id: "ann" }, 200, 200],
    ] as const;
    for (const [body, chat, list] of cases) {
      const made = await gateway.post("/key/generate", body);
      const key = String(made.body.key);
      const listed = (await gateway.get("/key/list", key)).status;
      expect([body, await gateway.chat(key), listed]).toEqual([body, chat, list]);
    }
  });

  it("are asked for in JSON that says so, of a bounded size", async () => {
    const gateway = await startManagementGateway();
    for (const [body, code] of [
      ["{", "400"],
      ["[]", "400"],
      [`{"metadata":{"a":"${"x".repeat(1_100_000)}"}}`, "413"],
      [`{"metadata":{"a":"${"x".repeat(70_000)}"}}`, "400"],
    ] as const)
      expect((await gateway.post("/key/generate", body)).body).toMatchObject({ error: { code } });
    const plain = await fetch(`${gateway.url}/key/generate`, {
      method: "POST",
      headers: { authorization: "Bearer admin-key-0123456789", "content-type": "text/plain" },
      body: "{}",
    });
    expect(plain.status).toBe(415);
    expect((await gateway.get("/key/generate")).body).toMatchObject({ error: { code: "405" } });
  });
});
