import { describe, expect, it } from "vitest";
import { startGateway } from "../../../src/serve.ts";
import { rpc } from "../rules/ruled-gateway.ts";
import { type CheckService, startCheckService } from "./check-service.ts";
import { chat, post, secret, startGuarded } from "./guarded-gateway.ts";

const chats = "/v1/chat/completions";

/** A gateway whose guard `asks` asks the service, with further settings. */
const guardedBy = ({ url }: Pick<CheckService, "url">, more: string) =>
  startGuarded({ guards: `\n  - { name: asks, webhook: { url: "${url}" }, ${more} }` });

const named = { "x-parlance-guards": "asks" };

describe("a guard that asks a service", () => {
  it("blocks, masks and passes as that says, and asks once about each text of a conversation", async () => {
    const service = await startCheckService();
    const setup = await guardedBy(service, "stages: [INPUT, OUTPUT], action: MASK");
    service.reply = (texts) => {
      const findings = texts.map((one) => {
        const start = one.indexOf("Ada");
        return start < 0 ? [] : [{ start, end: start + 3, kind: "NAME" }];
      });
      const found = findings.some((list) => list.length > 0);
      return found ? { action: "MASK", kinds: ["NAME"], findings } : { action: "PASS" };
    };
    const reply = await post(setup, chats, chat("m", "I am Ada"), named);
    expect(reply.status).toBe(200);
    expect(JSON.parse(setup.vendors.a?.bodies[0] ?? "").messages[0].content).toBe("I am [NAME_1]");
    expect(reply.guards).toContain('asks;stage=INPUT;outcome=MASK;found="NAME"');
    const messages = [
      { role: "user", content: "hello" },
      { role: "assistant", content: "well" },
      { role: "user", content: "again" },
    ];
    service.asked.length = 0;
    await post(setup, chats, { model: "m", messages: messages.slice(0, 1) }, named);
    await post(setup, chats, { model: "m", messages }, named);
    const inputs = service.asked.filter(({ stage }) => stage === "INPUT");
    expect(inputs.map(({ texts }) => texts)).toEqual([["hello"], ["well", "again"]]);
  });

  it("fails calls or lets them go on where nobody answers, as the config says", async () => {
    const service = await startCheckService();
    service.reply = () => undefined;
    for (const [mode, status] of [
      ["CLOSED", 503],
      ["OPEN", 200],
    ] as const) {
      const setup = await guardedBy(service, `stages: [INPUT], on_failure: ${mode}, timeout: 0.5s`);
      const sent = post(setup, chats, chat("m", `hi ${mode}`), named);
      await expect.poll(() => service.asked.length, { timeout: 30_000 }).toBeGreaterThan(0);
      service.asked.length = 0;
      setup.clock.advance(501);
      const reply = await sent;
      expect([reply.status, reply.guards]).toEqual([
        status,
        "asks;stage=INPUT;outcome=UNAVAILABLE",
      ]);
      expect(setup.vendors.a?.bodies.length).toBe(status === 200 ? 1 : 0);
    }
    const dead = await guardedBy({ url: "http://127.0.0.1:1/check" }, "stages: [INPUT]");
    const refused = await post(dead, chats, chat("m", "hi"), named);
    expect([refused.status, JSON.parse(refused.text).error.code]).toEqual([
      503,
      "guard_unavailable",
    ]);
  });

  it("may be asked while the model answers, whose answer waits", async () => {
    const service = await startCheckService();
    const setup = await guardedBy(service, "stages: [INPUT], beside_model: true");
    service.reply = () => ({ action: "BLOCK", kinds: ["HATE"] });
    for (const stream of [false, true]) {
      const reply = await post(setup, chats, chat("m", `hi ${stream}`, { stream }), named);
      expect([reply.status, reply.text.includes("well")]).toEqual([400, false]);
    }
    expect(setup.vendors.a?.bodies.length).toBe(2);
    service.reply = () => ({ action: "PASS" });
    expect((await post(setup, chats, chat("m", "fine"), named)).status).toBe(200);
  });
});

it("a model of the gateway judges, whose own call no guard looks at", async () => {
  const guards = `
  - { name: judge, judge: { model: b/judge, policy: Anything bad. }, stages: [INPUT], default: true }`;
  const setup = await startGuarded({ guards });
  const reply = await post(setup, chats, chat("m", "hi"));
  // The scripted vendor says `well`, which is no verdict.
  expect([reply.status, setup.vendors.b?.models]).toEqual([503, ["judge"]]);
  expect(setup.records.map(({ model, principal }) => [model, principal])).toEqual([
    ["b/judge", "anonymous"],
    ["m", "anonymous"],
  ]);
});

it("Explain says what guards would do, and asks no service", async () => {
  const service = await startCheckService();
  const setup = await guardedBy(service, "stages: [INPUT]");
  const body = (content: string) => ({
    chat: { model: "strict", messages: [{ role: "ROLE_USER", text: content }] },
  });
  const { json } = await rpc(setup, "Explain", body("hi"), named);
  const looked = ["secrets", "words", "watch"].map((name) => expect.objectContaining({ name }));
  expect(json.guards).toEqual(expect.arrayContaining(looked));
  expect(json.guards?.map(({ name }) => name)).not.toContain("asks");
  const refused = await rpc(setup, "Explain", body(secret));
  expect(JSON.stringify(refused.json)).toContain("the guard secrets blocked the input");
  expect(service.asked).toEqual([]);
});

it("a config with settings that no guard can be made of is refused with their place", async () => {
  const config = `providers: { sim: { kind: sim } }
guards: [{ name: answers, json_schema: { schema_json: "{" } }]`;
  await expect(startGateway({ port: 0, config })).rejects.toThrow(
    "guards[0].json_schema.schema_json",
  );
});
