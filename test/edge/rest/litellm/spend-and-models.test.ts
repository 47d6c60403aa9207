import { expect, it } from "vitest";
import { startManagementGateway } from "./management-gateway.ts";

const nowMs = Date.parse("2026-06-30T21:30:00Z");

async function startWithCalls() {
  const gateway = await startManagementGateway({ kind: "memory" }, { wallMs: () => nowMs });
  await gateway.post("/team/new", { team_id: "web", team_alias: "Web" });
  const made = { team_id: "web", tags: ["prod"], metadata: {} };
  const { body } = await gateway.post("/key/generate", made);
  const key = String(body.key);
  for (const user of ["palantir", "palantir", "acme"])
    await gateway.post(
      "/v1/chat/completions",
      { model: "fast", messages: [{ role: "user", content: "hi" }], user },
      key,
    );
  return { gateway, key, token: String(body.token) };
}

it("shows calls as LiteLLM's spend logs, or days of them", async () => {
  const { gateway, key, token } = await startWithCalls();
  const rows = (await gateway.get(`/spend/logs?api_key=${key}`)).body as unknown as object[];
  expect(rows).toHaveLength(3);
  expect(rows[0]).toMatchObject({
    call_type: "acompletion",
    api_key: token,
    spend: 0.000005,
    prompt_tokens: 1,
    completion_tokens: 1,
    total_tokens: 2,
    model_group: "fast",
    model: "echo",
    custom_llm_provider: "sim",
    team_id: "web",
    end_user: expect.any(String),
    request_tags: ["prod"],
    cache_hit: "False",
    status: "success",
    endTime: "2026-06-30T21:30:00.000Z",
  });
  const { request_id: id } = rows[1] as { request_id: string };
  expect((await gateway.get(`/spend/logs?request_id=${id}`)).body).toMatchObject([
    { request_id: id },
  ]);
  const span = "start_date=2026-06-29&end_date=2026-06-30";
  expect((await gateway.get(`/spend/logs?${span}&summarize=false`)).body).toHaveLength(3);
  expect((await gateway.get(`/spend/logs?${span}`)).body).toEqual([
    { startTime: "2026-06-29", spend: 0, users: {}, models: {} },
    {
      startTime: "2026-06-30",
      spend: 0.000015,
      [token]: 0.000015,
      users: { "": 0.000015 },
      models: { fast: 0.000015 },
    },
  ]);
});

it("reports spending by tag, team, customer and key", async () => {
  const { gateway, token } = await startWithCalls();
  const span = "start_date=2026-06-01&end_date=2026-06-30";
  const report = async (query: string) =>
    (await gateway.get(`/global/spend/report?${span}&${query}`)).body;
  expect((await gateway.get("/spend/tags")).body).toEqual([
    { individual_request_tag: "prod", log_count: 3, total_spend: 0.000015 },
  ]);
  expect((await gateway.get("/global/spend")).body).toEqual({ spend: 0.000015, max_budget: 0 });
  const metadata = { model: "fast", api_key: token, spend: 0.000015, total_tokens: 6 };
  const team = { team_name: "Web", total_spend: 0.000015, metadata: [metadata] };
  expect(await report("group_by=team")).toEqual([
    { group_by_day: "2026-06-30T00:00:00+00:00", teams: [team] },
  ]);
  expect(await report("group_by=customer")).toMatchObject([
    {
      customers: [
        { customer: "acme", total_spend: 0.000005 },
        { customer: "palantir", total_spend: 0.00001 },
      ],
    },
  ]);
  expect(await report("customer_id=acme")).toMatchObject([{ customers: [{ customer: "acme" }] }]);
  const costs = { total_cost: 0.000015, total_input_tokens: 3, total_output_tokens: 3 };
  expect(await report("group_by=api_key")).toEqual([
    { api_key: token, ...costs, model_details: [{ model: "fast", ...costs }] },
  ]);
});

it("shows other keys their own calls alone", async () => {
  const { gateway, key, token } = await startWithCalls();
  const { body } = await gateway.post("/key/generate", {});
  const other = String(body.key);
  const span = "start_date=2026-06-01&end_date=2026-06-30";
  for (const path of ["/spend/logs?x=1", "/spend/tags?x=1", `/global/spend/report?${span}`])
    expect([path, (await gateway.get(path, other)).body]).toEqual([path, []]);
  expect((await gateway.get(`/spend/logs?api_key=${token}`, other)).status).toBe(403);
  expect((await gateway.get("/spend/logs", key)).body).toHaveLength(3);
});

it("shows admins of a team the calls of their team", async () => {
  const { gateway, token } = await startWithCalls();
  await gateway.post("/user/new", { user_id: "ann", auto_create_key: false });
  await gateway.post("/team/member_add", {
    team_id: "web",
    member: { user_id: "ann", role: "admin" },
  });
  const { body } = await gateway.post("/key/generate", { user_id: "ann" });
  const ann = String(body.key);
  const stray = await gateway.post("/key/generate", {});
  const chat = { model: "fast", messages: [{ role: "user", content: "hi" }] };
  await gateway.post("/v1/chat/completions", chat, String(stray.body.key));
  const days = "start_date=2026-06-30&end_date=2026-06-30";
  expect((await gateway.get("/spend/logs", ann)).body).toHaveLength(3);
  expect((await gateway.get("/spend/logs?team_id=web", ann)).body).toHaveLength(3);
  expect((await gateway.get("/spend/logs?team_id=other", ann)).body).toHaveLength(0);
  expect((await gateway.get(`/spend/logs?${days}`, ann)).body).toMatchObject([
    { spend: 0.000015, [token]: 0.000015 },
  ]);
  expect((await gateway.get(`/spend/logs?${days}`)).body).toMatchObject([{ spend: 0.00002 }]);
});

it("refuses spans and groups that are none", async () => {
  const gateway = await startManagementGateway();
  for (const [path, param] of [
    ["/global/spend/report", "start_date"],
    ["/spend/logs?start_date=2026-01-01", "end_date"],
    ["/spend/tags?start_date=yesterday&end_date=today", "start_date"],
    ["/spend/tags?start_date=2026-02-01&end_date=2026-01-01", "end_date"],
    ["/global/spend/report?start_date=2026-01-01&end_date=2026-01-02&group_by=x", "group_by"],
  ] as const)
    expect([path, (await gateway.get(path)).body]).toMatchObject([
      path,
      { error: { param, code: "400" } },
    ]);
});

it("lists models with what is known of them, and their health", async () => {
  const gateway = await startManagementGateway();
  const { data } = (await gateway.get("/v1/model/info")).body as {
    data: { model_name: string; model_info: { id: string } }[];
  };
  const fast = data.find(({ model_name }) => model_name === "fast");
  expect(fast).toMatchObject({
    litellm_params: { model: "sim/echo" },
    model_info: {
      id: expect.stringMatching(/^[0-9a-f]{64}$/),
      mode: "chat",
      input_cost_per_token: 0.000001,
      output_cost_per_token: 0.000004,
      max_tokens: null,
    },
  });
  const one = await gateway.get(`/model/info?litellm_model_id=${fast?.model_info.id}`);
  expect(one.body).toEqual({ data: [fast] });
  expect((await gateway.get("/health?model=fast")).body).toMatchObject({
    healthy_endpoints: [{ model: "sim/echo", model_name: "fast" }],
    unhealthy_endpoints: [],
    healthy_count: 1,
    unhealthy_count: 0,
  });
});

it("tells what was spent for customers that nobody has made", async () => {
  const { gateway, key } = await startWithCalls();
  const customer = { user_id: "palantir", spend: 0.00001, blocked: false, budget_id: null };
  expect((await gateway.get("/customer/info?end_user_id=palantir")).body).toMatchObject(customer);
  expect((await gateway.get("/end_user/info?end_user_id=nobody")).body).toMatchObject({
    error: { param: "end_user_id", code: "404" },
  });
  expect((await gateway.get("/customer/info?end_user_id=acme", key)).status).toBe(403);
});
