import { createClient } from "@connectrpc/connect";
import { createConnectTransport } from "@connectrpc/connect-node";
import { describe, expect, it } from "vitest";
import { ChatService } from "../../../gen/parlance/chat/v1/chat_service_pb.js";
import { Role } from "../../../gen/parlance/chat/v1/message_pb.js";
import { send, setUp, statusOf } from "../routing/routed-gateway.ts";

/** A model whose control is at a, and whose candidate is at b. */
const model = (unit: string, more = "") => `  - name: m
    targets: [{ model: a/x }]
    experiment:
      unit: ${unit}
      arms: [{ name: control, percent: 50 }, { name: candidate, percent: 50, targets: [{ model: b/y }] }]
    ${more}
  - { name: spare, targets: [{ model: c/z }] }`;
const people = Array.from({ length: 40 }, (_, index) => `person-${index}`);

async function armOf(reply: Promise<Response>): Promise<string | null> {
  const response = await reply;
  await response.text();
  return response.headers.get("x-parlance-arm");
}

const count = (all: readonly (string | null)[], one: string) =>
  all.filter((arm) => arm === one).length;

describe("an experiment", () => {
  const ways: readonly (readonly [string, string, (id: string) => object])[] = [
    ["the user", "USER", (user) => ({ body: { user } })],
    ["the safety identifier", "USER", (id) => ({ body: { safety_identifier: id, user: "u" } })],
    ["LiteLLM's end user", "USER", (id) => ({ headers: { "x-litellm-end-user-id": id } })],
    ["the session's header", "SESSION", (id) => ({ headers: { "x-parlance-session": id } })],
    ["LiteLLM's session", "SESSION", (id) => ({ body: { litellm_session_id: id } })],
    [
      "the session of the metadata",
      "SESSION",
      (id) => ({ body: { metadata: { session_id: id } } }),
    ],
    ["the key of the prompt cache", "SESSION", (id) => ({ body: { prompt_cache_key: id } })],
  ];
  for (const [title, unit, sent] of ways)
    it(`keeps a unit with its arm by ${title}`, async () => {
      const setup = await setUp(model(unit), {});
      const arms: (string | null)[] = [];
      for (const person of people) {
        const arm = await armOf(send(setup, sent(person)));
        expect(await armOf(send(setup, sent(person)))).toBe(arm);
        arms.push(arm);
      }
      expect(count(arms, "control") + count(arms, "candidate")).toBe(people.length);
      expect(count(arms, "control")).toBeGreaterThan(5);
      expect(count(arms, "candidate")).toBeGreaterThan(5);
      expect(setup.vendors.a?.bodies.join()).not.toContain("litellm_session_id");
      expect(setup.vendors.a?.models.length).toBe(2 * count(arms, "control"));
      expect(setup.vendors.b?.models).toEqual(Array(2 * count(arms, "candidate")).fill("y"));
    });

  it("goes by the key, whose callers without a user have one arm", async () => {
    const keys = people.map((name) => `  - { name: ${name}, value: { value: key-${name} } }`);
    const setup = await setUp(model("USER"), {}, { more: `keys:\n${keys.join("\n")}` });
    const arms: (string | null)[] = [];
    for (const person of people.slice(0, 20)) {
      const headers = { authorization: `Bearer key-${person}` };
      const found = [await armOf(send(setup, { headers })), await armOf(send(setup, { headers }))];
      expect(found[1]).toBe(found[0]);
      arms.push(found[0] ?? null);
    }
    expect(count(arms, "control")).toBeGreaterThan(1);
    expect(count(arms, "candidate")).toBeGreaterThan(1);
  });

  it("tells the users of two keys apart", async () => {
    const keys = ["one", "other"].map(
      (name) => `  - { name: ${name}, value: { value: k-${name} } }`,
    );
    const setup = await setUp(model("USER"), {}, { more: `keys:\n${keys.join("\n")}` });
    const armsOf = (key: string) =>
      Promise.all(
        people.map((user) =>
          armOf(send(setup, { body: { user }, headers: { authorization: `Bearer k-${key}` } })),
        ),
      );
    expect(await armsOf("one")).not.toEqual(await armsOf("other"));
  });

  it("draws the arm of a call that names no unit where nobody has a key", async () => {
    const setup = await setUp(model("KEY"), {});
    // Draws are 0, which the first candidate has.
    expect(await armOf(send(setup))).toBe("candidate");
  });

  it("says why, and names the arm on failures too", async () => {
    const setup = await setUp(model("KEY"), { b: ["ok", 400] });
    const reply = await send(setup);
    await reply.text();
    expect(reply.headers.get("x-parlance-why")).toBe(
      "model m, arm candidate: drawn with weight 1 of 1",
    );
    const failed = await send(setup);
    await failed.text();
    expect([failed.status, failed.headers.get("x-parlance-arm")]).toEqual([400, "candidate"]);
  });

  it("falls back from an arm as the model does, and the call stays the arm's", async () => {
    const setup = await setUp(model("KEY", "fallbacks: [spare]"), { b: [500] });
    const reply = await send(setup);
    await reply.text();
    expect(reply.headers.get("x-parlance-arm")).toBe("candidate");
    expect(reply.headers.get("x-parlance-target")).toBe("c/z");
    expect(setup.tried()).toBe("bc");
  });

  it("retries within the targets of the arm", async () => {
    const setup = await setUp(model("KEY", "retry: { attempts: 2 }"), { b: [503] });
    const reply = statusOf(send(setup));
    while (setup.vendors.b?.models.length !== 1 || setup.clock.waiting() === 0)
      await new Promise((resolve) => setImmediate(resolve));
    for (let done = false; !done; ) {
      setup.clock.advance(50);
      done = await Promise.race([
        reply.then(() => true),
        new Promise<boolean>((resolve) => setImmediate(() => resolve(false))),
      ]);
    }
    expect(await reply).toBe(200);
    expect(setup.tried()).toBe("bb");
  });

  it("does not split calls that fall back to its model", async () => {
    const before = `  - { name: first, targets: [{ model: c/z }], fallbacks: [m] }\n`;
    const setup = await setUp(before + model("KEY"), { c: [500] });
    const reply = await send(setup, { model: "first" });
    await reply.text();
    expect(reply.headers.get("x-parlance-arm")).toBeNull();
    expect(setup.tried()).toBe("ca");
  });

  it("is explained as it is done, also for typed callers", async () => {
    const setup = await setUp(model("USER"), {});
    const client = createClient(
      ChatService,
      createConnectTransport({ baseUrl: setup.gateway.url, httpVersion: "1.1" }),
    );
    const seen = new Set<string>();
    for (const user of people.slice(0, 12)) {
      const content = { case: "text", value: { text: "hi" } } as const;
      const chat = { model: "m", user, messages: [{ role: Role.USER, parts: [{ content }] }] };
      const { arm, targets } = await client.explain({ chat });
      const { report } = await client.complete({ chat });
      expect(report?.arm).toBe(arm);
      expect(targets[0]?.target?.provider).toBe(report?.target?.provider);
      expect(await armOf(send(setup, { body: { user } }))).toBe(arm);
      seen.add(arm);
    }
    expect(seen).toEqual(new Set(["control", "candidate"]));
  });

  it("has no stage and no header where no model is split", async () => {
    const setup = await setUp("  - { name: m, targets: [{ model: a/x }] }", {});
    expect(await armOf(send(setup))).toBeNull();
    expect(setup.gateway.engine.snapshot().stages).not.toContain("experiment");
  });

  it("fills the targets of its arms for a pattern", async () => {
    const setup = await setUp(
      `  - name: "any-*"
    targets: [{ model: "a/*" }]
    experiment: { arms: [{ name: control }, { name: all, percent: 100, targets: [{ model: "b/new-*" }] }] }`,
      {},
    );
    expect(await armOf(send(setup, { model: "any-thing" }))).toBe("all");
    expect(setup.vendors.b?.models).toEqual(["new-thing"]);
  });
});
