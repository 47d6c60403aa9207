import { expect, it } from "vitest";
import { startRecordingVendor } from "../../../composition/stored/openai-vendor.ts";
import { startStored } from "../../../composition/stored/stored-gateway.ts";
import { sender } from "./management-gateway.ts";

it("makes models at run time, a target at a time, and deletes them by their ids", async () => {
  const vendor = await startRecordingVendor();
  const gateway = await startStored({ address: { kind: "memory" } });
  const { get, post } = sender(gateway.gateway.url);
  const litellm_params = {
    model: "openai/gpt-4o",
    api_base: vendor.baseUrl,
    api_key: "sk-of-the-vendor",
    input_cost_per_token: 0.0000025,
    output_cost_per_token: 0.00001,
    max_budget: 5,
  };
  const made = await post("/model/new", {
    model_name: "gpt",
    litellm_params,
    model_info: { id: "first", mode: "chat" },
  });
  expect([made.status, made.body.model_id]).toEqual([200, "first"]);
  expect(made.warnings).toContain("litellm_params.max_budget: ");
  expect(made.text).not.toContain("sk-of-the-vendor");
  expect(await gateway.chat("gpt")).toBe(200);
  expect(vendor.shown).toMatchObject([{ authorization: "Bearer sk-of-the-vendor" }]);

  const second = await post("/model/new", { model_name: "gpt", litellm_params });
  const id = String(second.body.model_id);
  const { body } = await get("/model/info");
  const entries = (body.data as { model_name: string; model_info: { id: string } }[]).filter(
    ({ model_name }) => model_name === "gpt",
  );
  expect(entries.map(({ model_info }) => model_info.id)).toEqual(["first", id]);
  expect(entries[0]).toMatchObject({
    litellm_params: { model: "openai/gpt-4o" },
    model_info: { db_model: true, input_cost_per_token: 0.0000025 },
  });
  for (const one of ["first", id])
    expect((await post("/model/delete", { id: one })).body).toEqual({
      message: `Model: ${one} deleted successfully`,
    });
  expect(await gateway.chat("gpt")).toBe(404);
  expect(gateway.logged()).not.toContain("sk-of-the-vendor");
});

it("refuses models that are wrong, taken by the file, or unknown", async () => {
  const gateway = await startStored({ address: { kind: "memory" } });
  const { post, get } = sender(gateway.gateway.url);
  const cases = [
    ["/model/new", { litellm_params: {} }, "model_name", "400"],
    ["/model/new", { model_name: "x" }, "litellm_params", "400"],
    ["/model/new", { model_name: "x", litellm_params: {} }, "litellm_params", "400"],
    [
      "/model/new",
      { model_name: "x", litellm_params: { model: "openai/m", rpm: "soon" } },
      "litellm_params.rpm",
      "400",
    ],
    [
      "/model/new",
      { model_name: "x", litellm_params: { model: "openai/m" }, model_info: { id: "a/b" } },
      "model_info.id",
      "400",
    ],
    [
      "/model/new",
      { model_name: "fast", litellm_params: { model: "openai/m", api_key: "sk-1" } },
      "None",
      "400",
    ],
    ["/model/delete", { id: "nowhere" }, "id", "404"],
  ] as const;
  for (const [path, body, param, code] of cases) {
    const reply = await post(path, body);
    expect([body, reply.body]).toEqual([
      body,
      { error: { message: expect.any(String), type: expect.any(String), param, code } },
    ]);
  }
  const { body } = await get("/model/info");
  const [fast] = (body.data as { model_name: string; model_info: { id: string } }[]).filter(
    ({ model_name }) => model_name === "fast",
  );
  const ofFile = await post("/model/delete", { id: fast?.model_info.id ?? "" });
  expect(ofFile.body).toMatchObject({ error: { code: "409" } });
});
