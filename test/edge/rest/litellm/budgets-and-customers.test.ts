import { describe, expect, it } from "vitest";
import { type ManagementGateway, startManagementGateway } from "./management-gateway.ts";

/** What one chat with the model `fast` costs, in US dollars. */
const oneChat = 0.000005;

type Body = Readonly<Record<string, unknown>>;

async function keyOf(gateway: ManagementGateway, body: object): Promise<string> {
  const reply = await gateway.post("/key/generate", body);
  expect([body, reply.status, reply.warnings]).toEqual([body, 200, ""]);
  return String(reply.body.key);
}

describe("LiteLLM's budgets", () => {
  it("hold for keys, teams, users and customers that name them", async () => {
    const gateway = await startManagementGateway();
    const made = await gateway.post("/budget/new", { budget_id: "small", max_budget: oneChat });
    expect(made.body).toMatchObject({ budget_id: "small", max_budget: oneChat, rpm_limit: null });
    await gateway.post("/team/new", { team_id: "t", budget_id: "small" });
    await gateway.post("/user/new", { user_id: "u", budget_id: "small", auto_create_key: false });
    await gateway.post("/customer/new", { user_id: "ann", budget_id: "small" });
    const cases: readonly (readonly [key: object, body: object])[] = [
      [{ budget_id: "small" }, {}],
      [{ team_id: "t" }, {}],
      [{ user_id: "u" }, {}],
      [{}, { user: "ann" }],
    ];
    for (const [key, body] of cases) {
      const value = await keyOf(gateway, key);
      const chat = () => gateway.chat(value, { body });
      expect([key, await chat(), await chat()]).toEqual([key, 200, 402]);
    }
    const { body } = await gateway.get("/customer/info?end_user_id=ann");
    expect(body).toMatchObject({
      ...{ user_id: "ann", spend: oneChat, budget_id: "small", blocked: false },
      litellm_budget_table: { budget_id: "small", max_budget: oneChat },
    });
    expect((await gateway.get("/team/info?team_id=t")).body).toMatchObject({
      team_info: { budget_id: "small", spend: oneChat, max_budget: null },
    });
  });

  it("are changed, listed, shown and deleted in LiteLLM's words", async () => {
    const gateway = await startManagementGateway();
    await gateway.post("/budget/new", { budget_id: "a", tpm_limit: 100, budget_duration: "30d" });
    const changes = { budget_id: "a", max_budget: 2.5, rpm_limit: 5, tpm_limit: null };
    const changed = { budget_id: "a", max_budget: 2.5, rpm_limit: 5, tpm_limit: null };
    expect((await gateway.post("/budget/update", changes)).body).toMatchObject(changed);
    expect((await gateway.post("/budget/info", { budgets: ["a", "x"] })).body).toMatchObject([
      changed,
    ]);
    expect((await gateway.get("/budget/list")).body).toMatchObject([changed]);
    const settings = (await gateway.get("/budget/settings?budget_id=a")).body as unknown as Body[];
    expect(settings).toContainEqual(
      expect.objectContaining({ field_name: "max_budget", field_value: 2.5, stored_in_db: true }),
    );
    const value = await keyOf(gateway, { budget_id: "a" });
    expect((await gateway.post("/budget/delete", { id: "a" })).status).toBe(409);
    await gateway.post("/key/update", { key: value, budget_id: null });
    expect((await gateway.post("/budget/delete", { id: "a" })).body).toMatchObject(changed);
    expect((await gateway.get("/budget/list")).body).toEqual([]);
  });

  it("and limits by model hold for keys and teams", async () => {
    const gateway = await startManagementGateway();
    const byModel = {
      model_rpm_limit: { fast: 1 },
      model_tpm_limit: { slow: 100_000 },
      model_max_budget: { slow: { budget_limit: oneChat, time_period: "1d" } },
      max_parallel_requests: 3,
    };
    await gateway.post("/team/new", { team_id: "t", model_rpm_limit: { fast: 1 } });
    for (const body of [byModel, { team_id: "t" }]) {
      const value = await keyOf(gateway, body);
      const statuses = [await gateway.chat(value), await gateway.chat(value)];
      expect([body, statuses]).toEqual([body, [200, 429]]);
    }
    const value = await keyOf(gateway, byModel);
    const slow = () => gateway.chat(value, { model: "slow" });
    expect([await slow(), await slow()]).toEqual([200, 402]);
    expect((await gateway.get(`/key/info?key=${value}`)).body).toMatchObject({ info: byModel });
    const updated = { key: value, model_max_budget: {}, model_rpm_limit: { fast: 9 } };
    expect((await gateway.post("/key/update", updated)).body).toMatchObject({
      ...{ model_max_budget: {}, model_rpm_limit: { fast: 9 } },
      model_tpm_limit: { slow: 100_000 },
    });
    expect(await slow()).toBe(200);
  });
});

describe("LiteLLM's customers", () => {
  const bounds: readonly (readonly [bounds: object, statuses: readonly number[]])[] = [
    [{ max_budget: oneChat }, [200, 402]],
    [{ rpm_limit: 1 }, [200, 429]],
    [{ tpm_limit: 1 }, [429, 429]],
    [{ blocked: true }, [403, 403]],
    [{ allowed_model_region: "eu" }, [400, 400]],
    [{ allowed_model_region: "eu", default_model: "german" }, [200, 200]],
    [{ model_rpm_limit: { fast: 1 } }, [200, 429]],
    [{ max_budget: 5, budget_duration: "30d", alias: "Acme" }, [200, 200]],
  ];
  it("are held to all that is said of them", async () => {
    const gateway = await startManagementGateway();
    const value = await keyOf(gateway, {});
    for (const [at, [said, statuses]] of bounds.entries()) {
      const user = `user-${at}`;
      const made = await gateway.post("/end_user/new", { user_id: user, ...said });
      expect([said, made.status, made.warnings]).toEqual([said, 200, ""]);
      const chat = () => gateway.chat(value, { body: { user } });
      expect([said, [await chat(), await chat()]]).toEqual([said, statuses]);
    }
    const listed = (await gateway.get("/customer/list")).body as unknown as Body[];
    expect(listed).toHaveLength(bounds.length);
    expect(listed.at(-1)).toMatchObject({
      alias: "Acme",
      litellm_budget_table: { max_budget: 5, budget_duration: "30d" },
    });
  });

  it("are changed, blocked, unblocked and deleted", async () => {
    const gateway = await startManagementGateway();
    const value = await keyOf(gateway, {});
    const chat = () => gateway.chat(value, { body: { user: "ann" } });
    const blocked = await gateway.post("/customer/block", { user_ids: ["ann"] });
    expect(blocked.body).toMatchObject({ blocked_users: [{ user_id: "ann", blocked: true }] });
    expect(await chat()).toBe(403);
    const unblocked = await gateway.post("/customer/unblock", { user_ids: ["ann"] });
    expect(unblocked.body).toEqual({ blocked_users: [] });
    expect(await chat()).toBe(200);
    await gateway.post("/customer/update", { user_id: "ann", rpm_limit: 1 });
    expect([await chat(), await chat()]).toEqual([200, 429]);
    await gateway.post("/customer/update", { user_id: "ann", rpm_limit: null });
    expect(await chat()).toBe(200);
    const deleted = await gateway.post("/customer/delete", { user_ids: ["ann"] });
    expect(deleted.body).toMatchObject({ deleted_customers: 1 });
    expect((await gateway.get("/customer/list")).body).toEqual([]);
  });

  const refused: readonly (readonly [path: string, body: object, param: string, code: string])[] = [
    ["/customer/new", {}, "user_id", "400"],
    ["/customer/new", { user_id: "ann" }, "None", "400"],
    ["/customer/new", { user_id: "b", max_budget: 1, budget_id: "x" }, "max_budget", "400"],
    ["/customer/new", { user_id: "b", budget_id: "x" }, "budget_id", "404"],
    ["/customer/new", { user_id: "b", allowed_model_region: "e u" }, "allowed_model_region", "400"],
    ["/customer/update", { user_id: "b" }, "user_id", "404"],
    ["/customer/delete", { user_ids: [] }, "user_ids", "400"],
    ["/customer/delete", { user_ids: ["b"] }, "user_id", "404"],
    ["/budget/new", { max_budget: "much" }, "max_budget", "400"],
    ["/budget/update", { budget_id: "x", max_budget: 1 }, "budget_id", "404"],
    ["/budget/update", { budget_id: "end-users", max_budget: 2 }, "budget_id", "409"],
    ["/budget/info", {}, "budgets", "400"],
  ];
  it("and budgets are refused by the member that is wrong", async () => {
    const gateway = await startManagementGateway();
    await gateway.post("/customer/new", { user_id: "ann" });
    for (const [path, body, param, code] of refused)
      expect([path, body, (await gateway.post(path, body)).body]).toMatchObject([
        path,
        body,
        { error: { param, code } },
      ]);
    const other = await keyOf(gateway, {});
    expect((await gateway.get("/customer/list", other)).status).toBe(403);
    expect((await gateway.get("/budget/list", other)).status).toBe(403);
  });
});
