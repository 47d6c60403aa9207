import { describe, expect, it } from "vitest";
import { rpc } from "../rules/ruled-gateway.ts";
import { type Setup, setUp as setUpRouted } from "./routed-gateway.ts";
import type { Act } from "./scripted-vendor.ts";

const prompts = `
    fallback_prompts:
      - { model: n, messages: [{ role: system, content: Be safe. }, { role: user, content: What now? }] }
      - { model: o, instructions: Be brief. }`;
const models = (lists: string) => `
  - name: m
    targets: [{ model: a/x }]
    ${lists}${prompts}
  - { name: n, targets: [{ model: b/x }] }
  - { name: o, targets: [{ model: c/x }] }
  - { name: bare, targets: [{ model: a/x }], fallbacks: [n] }`;

const setUp = (lists: string, acts: Act[], more = "", b: Act[] = [500]) =>
  setUpRouted(models(lists), { a: acts, b }, { more });

async function post({ gateway }: Setup, path: string, body: object): Promise<number> {
  const reply = await fetch(gateway.url + path, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ model: "m", ...body }),
  });
  await reply.arrayBuffer();
  return reply.status;
}

function conversation({ vendors }: Setup, vendor: string): readonly string[] {
  const { messages } = JSON.parse(vendors[vendor]?.bodies[0] ?? "{}");
  return messages.map(({ role, content }: Record<string, string>) => `${role}: ${content}`);
}

const openai = {
  messages: [
    { role: "system", content: "Be long." },
    { role: "user", content: "hi" },
  ],
};
const whole = ["system: Be safe.", "user: What now?"];
const instructed = ["system: Be brief.", "user: hi"];

describe("the prompt that the config says for a fallback", () => {
  const clients: readonly (readonly [string, string, object])[] = [
    ["OpenAI's chats", "/v1/chat/completions", openai],
    [
      "Anthropic's messages",
      "/v1/messages",
      { max_tokens: 9, system: "Be long.", messages: [{ role: "user", content: "hi" }] },
    ],
    ["OpenAI's responses", "/v1/responses", { instructions: "Be long.", input: "hi" }],
  ];
  for (const [client, path, body] of clients)
    it(`is what the fallback gets, and no other target: ${client}`, async () => {
      const setup = await setUp("fallbacks: [n, o]", [500]);
      expect(await post(setup, path, body)).toBe(200);
      expect(conversation(setup, "a")).toEqual(["system: Be long.", "user: hi"]);
      expect(conversation(setup, "b")).toEqual(whole);
      expect(conversation(setup, "c")).toEqual(instructed);
    });

  it("is what the fallback of a typed call gets, and is explained", async () => {
    const setup = await setUp("fallbacks: [n, o]", [500]);
    const chat = { model: "m", messages: [{ role: "ROLE_USER", text: "hi" }] };
    const { json } = await rpc(setup, "Explain", { chat });
    const explained = json.targets?.map(({ bodyJson = "{}" }) => JSON.parse(bodyJson).messages);
    expect((await rpc(setup, "Complete", { chat })).status).toBe(200);
    expect(conversation(setup, "b")).toEqual(whole);
    expect(conversation(setup, "c")).toEqual(instructed);
    expect(explained).toEqual(
      ["a", "b", "c"].map((vendor) => JSON.parse(setup.vendors[vendor]?.bodies[0] ?? "").messages),
    );
  });

  const kinds: readonly (readonly [string, string, Act, string?])[] = [
    ["long prompts", "context_fallbacks: [n, o]", "context"],
    ["refused content", "content_fallbacks: [n, o]", "policy"],
    ["models without a list", "", 500, "routing: { default_fallbacks: [n, o] }"],
  ];
  for (const [kind, lists, act, more] of kinds)
    it(`is for the fallbacks of ${kind} too`, async () => {
      const setup = await setUp(lists, [act], more, []);
      expect(await post(setup, "/v1/chat/completions", openai)).toBe(200);
      expect(conversation(setup, "b")).toEqual(whole);
    });

  it("leaves the bytes of the model itself and of other models' fallbacks alone", async () => {
    const setup = await setUp("fallbacks: [n, o]", [500, 500]);
    const body = `{ "model":"bare",  "messages":[{"role":"user","content":"hi"}] , "odd":[1] }`;
    const { url } = setup.gateway;
    const headers = { "content-type": "application/json" };
    await fetch(`${url}/v1/chat/completions`, { method: "POST", headers, body });
    expect(setup.vendors.b?.bodies[0]).toBe(body.replace("bare", "x"));
  });

  it("is not for fallbacks that the caller names", async () => {
    const setup = await setUp("fallbacks: [n, o]", [500]);
    await post(setup, "/v1/chat/completions", { ...openai, fallbacks: ["o"] });
    expect(conversation(setup, "c")).toEqual(["system: Be long.", "user: hi"]);
  });

  it("takes over what the star of the model's name stands for", async () => {
    const setup = await setUpRouted(
      `
  - name: "team-*"
    targets: [{ model: "a/*" }]
    fallbacks: ["c/*"]
    fallback_prompts: [{ model: "c/*", instructions: Be brief. }]`,
      { a: [500] },
    );
    expect(await post(setup, "/v1/chat/completions", { ...openai, model: "team-x" })).toBe(200);
    expect(conversation(setup, "c")).toEqual(instructed);
  });
});
