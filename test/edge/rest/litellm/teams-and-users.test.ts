import { expect, it } from "vitest";
import { startManagementGateway } from "./management-gateway.ts";

it("makes, changes, lists and deletes teams with their members and keys", async () => {
  const gateway = await startManagementGateway();
  const made = await gateway.post("/team/new", {
    team_id: "web-id",
    team_alias: "web",
    models: ["fast"],
    max_budget: "100",
    budget_duration: "30d",
    budget_limits: [{ budget_duration: "24h", max_budget: 12.5 }],
    rpm_limit: 600,
    metadata: { cost_center: "7" },
    members_with_roles: [{ role: "admin", user_id: "ann" }],
  });
  expect(made.body).toMatchObject({
    team_id: "web-id",
    team_alias: "web",
    admins: ["ann"],
    members_with_roles: [{ user_id: "ann", role: "admin" }],
    max_budget: 100,
    budget_duration: "30d",
    budget_limits: [{ budget_duration: "1d", max_budget: 12.5 }],
    metadata: { cost_center: "7" },
    spend: 0,
  });
  const added = await gateway.post("/team/member_add", {
    team_id: "web-id",
    member: [
      { role: "user", user_id: "bob" },
      { role: "user", user_email: "eve@example.com" },
    ],
  });
  expect(added.body).toMatchObject({ members: expect.arrayContaining(["ann", "bob"]) });
  const updated = await gateway.post("/team/update", {
    team_id: "web-id",
    max_budget: null,
    tags: ["web"],
  });
  expect(updated.body).toMatchObject({
    team_id: "web-id",
    data: {
      team_alias: "web",
      max_budget: null,
      tags: ["web"],
      members: expect.arrayContaining(["ann", "bob"]),
    },
  });
  const { body: key } = await gateway.post("/key/generate", { team_id: "web-id" });
  const calls = await gateway.chat(String(key.key));
  await gateway.post("/team/block", { team_id: "web-id" });
  expect([calls, await gateway.chat(String(key.key))]).toEqual([200, 403]);
  await gateway.post("/team/unblock", { team_id: "web-id" });
  expect((await gateway.get("/team/info?team_id=web-id")).body).toMatchObject({
    team_id: "web-id",
    team_info: { team_alias: "web", blocked: false, spend: 0.000005 },
    keys: [{ token: key.token, team_id: "web-id" }],
  });
  const teams = (await gateway.get("/team/list")).body as unknown as { team_id: string }[];
  expect(teams.map(({ team_id }) => team_id)).toEqual(["support", "web-id"]);
  const ofBob = (await gateway.get("/team/list?user_id=bob")).body as unknown as unknown[];
  expect(ofBob).toHaveLength(1);
  await gateway.post("/team/member_delete", { team_id: "web-id", user_id: "bob" });
  const byEmail = { team_id: "web-id", user_email: "EVE@example.com" };
  expect((await gateway.post("/team/member_delete", byEmail)).body).toMatchObject({
    members: ["ann"],
  });
  expect((await gateway.post("/team/delete", { team_ids: ["web-id"] })).body).toEqual({
    deleted_teams: ["web-id"],
  });
  expect(await gateway.chat(String(key.key))).toBe(401);
});

it("makes, changes, lists and deletes users with their keys", async () => {
  const gateway = await startManagementGateway();
  await gateway.post("/team/new", { team_id: "web" });
  const made = await gateway.post("/user/new", {
    user_id: "ishaan@berri.ai",
    user_email: "ishaan@berri.ai",
    user_role: "internal_user",
    teams: [{ team_id: "web", user_role: "admin" }],
    max_budget: 5,
    key_alias: "ishaan",
    duration: "7d",
  });
  expect(made.body).toMatchObject({
    key: expect.stringMatching(/^sk-/),
    key_alias: "ishaan",
    user_id: "ishaan@berri.ai",
    user_role: "internal_user",
    teams: ["web"],
    max_budget: 5,
  });
  const key = String(made.body.key);
  expect(await gateway.chat(key)).toBe(200);
  await gateway.post("/user/update", {
    user_email: "ishaan@berri.ai",
    max_budget: 7,
    rpm_limit: 9,
  });
  const own = await gateway.get("/user/info", key);
  expect(own.body).toMatchObject({
    user_id: "ishaan@berri.ai",
    user_info: { max_budget: 7, rpm_limit: 9, spend: 0.000005, teams: ["web"] },
    keys: [{ key_alias: "ishaan", expires: expect.any(String) }],
    teams: [{ team_id: "web", team_alias: "web" }],
  });
  // As admin of a team it makes keys for that, and for no other.
  expect((await gateway.post("/key/generate", { team_id: "web" }, key)).status).toBe(200);
  expect((await gateway.post("/key/generate", { team_id: "support" }, key)).status).toBe(404);
  expect((await gateway.get("/user/list?page_size=1")).body).toMatchObject({
    users: [{ user_id: "ishaan@berri.ai", teams: ["web"], user_role: "internal_user" }],
    total: 1,
    page: 1,
    total_pages: 1,
  });
  const again = await gateway.post("/user/new", { user_id: "ishaan@berri.ai" });
  expect(again.body).toMatchObject({ error: { code: "409" } });
  expect((await gateway.post("/user/delete", { user_ids: ["ishaan@berri.ai"] })).text).toBe("1");
  expect(await gateway.chat(key)).toBe(401);
});

it("refuses what teams and users cannot have, naming the member", async () => {
  const gateway = await startManagementGateway();
  const cases = [
    ["/team/new", { team_member_budget: 1 }, "team_member_budget"],
    ["/team/new", { model_aliases: { a: "b" } }, "model_aliases"],
    ["/team/new", { team_id: "a\nb", team_alias: "a" }, "team_id"],
    ["/team/new", { team_id: "support" }, "team_id"],
    ["/team/new", { members_with_roles: [{ role: "boss", user_id: "a" }] }, "role"],
    ["/team/update", { team_alias: "a" }, "team_id"],
    ["/team/update", { team_id: "nowhere" }, "team_id"],
    ["/team/delete", {}, "team_ids"],
    ["/team/member_add", { team_id: "support", member: { user_id: "a" } }, "team_id"],
    ["/user/new", { user_role: "king" }, "user_role"],
    ["/user/new", { organizations: ["a", "b"] }, "organizations"],
    ["/user/new", { teams: ["nowhere"] }, "user_id"],
    ["/user/update", {}, "user_id"],
    ["/user/update", { user_email: "nobody@example.com" }, "user_email"],
    ["/user/delete", { user_ids: "a" }, "user_ids"],
  ] as const;
  for (const [path, body, param] of cases) {
    const reply = await gateway.post(path, body);
    expect([path, body, reply.body]).toEqual([
      path,
      body,
      { error: expect.objectContaining({ param, code: String(reply.status) }) },
    ]);
    expect(reply.status).toBeGreaterThanOrEqual(400);
  }
  expect((await gateway.get("/user/list")).body).toMatchObject({ total: 0 });
});
