import { expect, it } from "vitest";
import { startCheckService } from "./check-service.ts";
import { post, secret, startGuarded } from "./guarded-gateway.ts";

const check = "/parlance.guard.v1.GuardService/Check";
const mail = "joe@example.com";

const keys = `
keys:
  - { name: wide, value: { value: wide-key-of-the-test } }
  - { name: narrow, value: { value: narrow-key-of-the-test }, models: [masked] }
  - { name: slow, value: { value: slow-key-of-the-test }, limits: { requests_per_minute: 1 } }`;

const as = (key: string) => ({ authorization: `Bearer ${key}-key-of-the-test` });

it("has the guards that are named look at texts, each at what the one before has left", async () => {
  const setup = await startGuarded();
  const ask = async (spec: object) => {
    const { status, text } = await post(setup, check, { spec });
    return { status, ...JSON.parse(text) };
  };
  const masked = await ask({ guards: ["words", "pii"], texts: [`I am ${mail}`, "forbidden", ""] });
  expect(masked.result).toMatchObject({
    outcome: "GUARD_OUTCOME_BLOCK",
    verdicts: [
      {
        name: "pii",
        version: expect.stringMatching(/^[0-9a-f]{8}$/),
        outcome: "GUARD_OUTCOME_MASK",
        kinds: ["EMAIL"],
        findings: [{ findings: [{ start: 5, end: 20, kind: "EMAIL" }] }, {}, {}],
      },
      { name: "words", outcome: "GUARD_OUTCOME_BLOCK", kinds: ["KEYWORD"] },
    ],
  });
  expect(masked.result.texts).toBeUndefined();
  expect(masked.report.guards.map(({ name }: { name: string }) => name)).toEqual(["pii", "words"]);
  const input = await ask({ guards: ["pii"], texts: [mail, `${mail} [EMAIL_2]`] });
  expect(input.result.texts).toEqual(["[EMAIL_1]", "[EMAIL_1] [EMAIL_2]"]);
  const output = await ask({ guards: ["pii"], stage: "GUARD_STAGE_OUTPUT", texts: [mail] });
  expect(output.result.texts).toEqual(["[EMAIL]"]);
  // Of those that a model names, the ones with the stage.
  const bound = await ask({ model: "strict", stage: "GUARD_STAGE_TOOL_RESULTS", texts: ["hi"] });
  expect(bound.result).toMatchObject({
    outcome: "GUARD_OUTCOME_PASS",
    texts: ["hi"],
    verdicts: [{ name: "secrets" }],
  });
  expect((await ask({ texts: [mail] })).result).toEqual({
    outcome: "GUARD_OUTCOME_PASS",
    texts: [mail],
  });
  for (const [spec, message] of [
    [{ guards: ["pi"], texts: ["x"] }, 'there is no guard \\"pi\\": there are pii, secrets'],
    [{ model: "none", texts: ["x"] }, 'there is no model \\"none\\"'],
    [{ guards: ["pii"] }, "spec.texts"],
  ] as const) {
    const refused = await post(setup, check, { spec });
    expect([refused.status, refused.text.includes(message)], message).toEqual([
      message.includes("model") ? 404 : 400,
      true,
    ]);
  }
  expect(setup.vendors.a?.bodies).toEqual([]);
  expect(setup.records[0]).toMatchObject({ operation: "guard", attempts: [], fault: undefined });
  expect(JSON.stringify(setup.records[0]?.guards)).not.toContain(mail);
});

it("asks services once about a text, and fails as calls do where one does not answer", async () => {
  const service = await startCheckService();
  const setup = await startGuarded({
    guards: `
  - { name: asks, webhook: { url: "${service.url}" }, action: MASK }
  - { name: open, webhook: { url: "${service.url}" }, action: FLAG, on_failure: OPEN }`,
  });
  const ask = async (guards: readonly string[], ...texts: readonly string[]) => {
    const { status, text } = await post(setup, check, { spec: { guards, texts } });
    return { status, result: JSON.parse(text).result };
  };
  service.reply = (texts) => ({
    action: texts.includes("Ada") ? "MASK" : "PASS",
    findings: texts.map((one) => (one === "Ada" ? [{ start: 0, end: 3, kind: "NAME" }] : [])),
  });
  expect((await ask(["asks"], "fine", "Ada", "")).result).toMatchObject({
    texts: ["fine", "[NAME_1]", ""],
    verdicts: [{ findings: [{}, { findings: [{ end: 3, kind: "NAME" }] }, {}] }],
  });
  await ask(["asks"], "fine");
  service.asked.length = 0;
  expect((await ask(["asks"], "fine")).result.verdicts[0]).toMatchObject({ cached: true });
  expect(service.asked).toEqual([]);
  service.reply = () => ({ action: "BLOCK" });
  // It says neither where nor what to write.
  expect((await ask(["asks"], "new")).result.outcome).toBe("GUARD_OUTCOME_BLOCK");
  service.reply = () => ({ nothing: "of it" });
  expect((await ask(["asks"], "newer")).status).toBe(503);
  expect((await ask(["open"], "newer")).result).toMatchObject({
    outcome: "GUARD_OUTCOME_UNAVAILABLE",
    texts: ["newer"],
  });
});

it("counts as a request of any key, whatever its models are", async () => {
  const setup = await startGuarded({ root: keys });
  const ask = async (key: string, spec: object) =>
    (await post(setup, check, { spec: { texts: ["x"], ...spec } }, as(key))).status;
  expect(await ask("narrow", { guards: ["words", "secrets"] })).toBe(200);
  expect(await ask("narrow", { model: "masked" })).toBe(200);
  expect(await ask("narrow", { model: "strict" })).toBe(403);
  expect([await ask("slow", {}), await ask("slow", {})]).toEqual([200, 429]);
  expect(await ask("nobody", {})).toBe(401);
  const list = "/parlance.guard.v1.GuardService/ListGuards";
  expect((await post(setup, list, {}, as("nobody"))).status).toBe(401);
  expect(JSON.parse((await post(setup, list, {}, as("narrow"))).text).guards).toMatchObject([
    {
      name: "pii",
      kind: "pii",
      stages: ["GUARD_STAGE_INPUT", "GUARD_STAGE_OUTPUT"],
      action: "GUARD_OUTCOME_MASK",
    },
    { name: "secrets" },
    { name: "words", kind: "keywords" },
    { name: "watch", action: "GUARD_OUTCOME_FLAG" },
  ]);
});

it("moderates by the name of a guard in the place of a model", async () => {
  const setup = await startGuarded({ root: keys });
  const moderate = async (input: unknown, model = "pii", key = "wide") => {
    const { status, text } = await post(setup, "/v1/moderations", { model, input }, as(key));
    return { status, ...JSON.parse(text) };
  };
  const mails = ["hello", `${mail} 4111 1111 1111 1111`];
  const { id, ...result } = await moderate(mails);
  expect(id).toMatch(/^modr-/);
  expect(result).toEqual({
    status: 200,
    model: "pii",
    results: [
      {
        flagged: false,
        categories: { pii: false },
        category_scores: { pii: 0 },
        category_applied_input_types: { pii: ["text"] },
      },
      {
        flagged: true,
        categories: { pii: true, "pii/email": true, "pii/card": true },
        category_scores: { pii: 1, "pii/email": 1, "pii/card": 1 },
        category_applied_input_types: {
          pii: ["text"],
          "pii/email": ["text"],
          "pii/card": ["text"],
        },
      },
    ],
  });
  const parts = [
    { type: "text", text: secret },
    { type: "image_url", image_url: { url: "https://example.com/a.png" } },
  ];
  expect((await moderate(parts, "secrets")).results[0]).toMatchObject({
    flagged: true,
    categories: { secrets: true, "secrets/api-key": true },
  });
  expect((await moderate(mail)).results[0].flagged).toBe(true);
  expect((await moderate(secret, "secrets", "narrow")).status).toBe(200);
  expect((await moderate(mail, "nothing", "narrow")).status).toBe(403);
  expect((await moderate(mail, "nothing")).status).toBe(404);
  const typed = await post(
    setup,
    "/parlance.moderation.v1.ModerationService/Moderate",
    { spec: { model: "pii", inputs: [{ parts: [{ text: mail }] }] } },
    as("wide"),
  );
  expect(JSON.parse(typed.text).result.results).toMatchObject([{ flagged: true }]);
  const chat = { model: "pii", messages: [{ role: "user", content: "hi" }] };
  expect((await post(setup, "/v1/chat/completions", chat, as("wide"))).status).toBe(404);
  expect(setup.records[0]).toMatchObject({ operation: "moderate", model: "pii", attempts: [] });
});

it("answers LiteLLM's clients", async () => {
  const setup = await startGuarded({ root: keys });
  const apply = (body: object, path = "/guardrails/apply_guardrail") =>
    post(setup, path, body, as("wide"));
  const masked = await apply({ guardrail_name: "pii", text: mail, language: "en" });
  expect([masked.status, JSON.parse(masked.text)]).toEqual([200, { response_text: "[EMAIL_1]" }]);
  const blocked = await apply({ guardrail_name: "words", text: "forbidden" }, "/apply_guardrail");
  expect([blocked.status, JSON.parse(blocked.text).error.message]).toEqual([
    400,
    "the guard words blocks the text: it found KEYWORD",
  ]);
  expect((await apply({ guardrail_name: "none", text: "x" })).status).toBe(400);
  expect((await apply({ text: "x" })).status).toBe(400);
  const reply = await fetch(`${setup.gateway.url}/guardrails/list`, { headers: as("narrow") });
  const mode = ["pre_call", "post_call"];
  const { guardrails } = (await reply.json()) as { readonly guardrails: readonly object[] };
  expect(guardrails.slice(1, 3)).toEqual([
    {
      guardrail_name: "secrets",
      litellm_params: { guardrail: "secrets", mode, default_on: false },
      guardrail_info: null,
    },
    {
      guardrail_name: "words",
      litellm_params: { guardrail: "keywords", mode, default_on: false },
      guardrail_info: null,
    },
  ]);
});
