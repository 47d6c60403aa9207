import { createClient } from "@connectrpc/connect";
import { createConnectTransport } from "@connectrpc/connect-node";
import { describe, expect, it } from "vitest";
import { ChatService } from "../../../gen/parlance/chat/v1/chat_service_pb.js";
import { Role } from "../../../gen/parlance/chat/v1/message_pb.js";
import { type Sent, type Setup, send, setUp, statusOf } from "../routing/routed-gateway.ts";
import type { Act } from "../routing/scripted-vendor.ts";

const models = `  - name: m
    queue: { max_waiting: 3, max_wait: 60s }
    targets: [{ model: a/x, max_in_flight: 1 }]`;
const keys = `keys:
  - { name: heavy, value: { value: sk-heavy } }
  - { name: light, value: { value: sk-light } }
  - { name: batch, value: { value: sk-batch }, priority: LOW }`;

const held = (count: number): Act[] => Array.from({ length: count }, () => "held" as const);

/** Sends a call that finds every target busy, and waits until it is in the queue. */
async function queue(setup: Setup, who: string, { body, ...more }: Sent = {}) {
  const timers = setup.clock.waiting();
  const reply = send(setup, { ...more, body: { user: who, ...body } });
  await expect.poll(() => setup.clock.waiting()).toBeGreaterThan(timers);
  return { reply };
}

/** Sends a call that the vendor holds. */
async function occupy(setup: Setup, sent: Sent = {}) {
  const before = setup.vendors.a?.bodies.length ?? 0;
  const reply = send(setup, { ...sent, body: { user: "first" } });
  await expect.poll(() => setup.vendors.a?.bodies.length).toBe(before + 1);
  return { reply };
}

/** The users of the vendor's requests, in order. */
function users({ vendors }: Setup, vendor = "a"): string {
  return (vendors[vendor]?.bodies ?? []).map((body) => JSON.parse(body).user).join(" ");
}

/** Answers the requests that are held, one after the other, until all calls have had theirs. */
async function finish(setup: Setup, count: number): Promise<void> {
  for (let done = 1; done <= count; done += 1) {
    await expect.poll(() => setup.vendors.a?.bodies.length).toBe(done);
    setup.vendors.a?.release();
  }
}

describe("calls to a model with a queue", () => {
  it("wait while every target is busy, and go in the order in which they came", async () => {
    const setup = await setUp(models, { a: held(4) });
    const replies = [(await occupy(setup)).reply];
    for (const who of ["1", "2", "3"]) replies.push((await queue(setup, who)).reply);
    expect(setup.vendors.a?.bodies).toHaveLength(1);
    await finish(setup, 4);
    for (const reply of replies) expect((await reply).status).toBe(200);
    expect(users(setup)).toBe("first 1 2 3");
  });

  it("say how long they waited", async () => {
    const setup = await setUp(models, { a: held(2) });
    const first = await occupy(setup);
    const transport = createConnectTransport({ baseUrl: setup.gateway.url, httpVersion: "1.1" });
    const timers = setup.clock.waiting();
    const second = createClient(ChatService, transport).complete({ model: "m", text: "hi" });
    await expect.poll(() => setup.clock.waiting()).toBeGreaterThan(timers);
    setup.clock.advance(250);
    await finish(setup, 2);
    expect((await first.reply).status).toBe(200);
    const { report } = await second;
    expect(report?.queuedUs).toBe(250_000n);
    expect(report?.overheadUs).toBe(0n);
  });

  it("name the wait in x-parlance-why", async () => {
    const setup = await setUp(models, { a: held(2) });
    await occupy(setup);
    const second = await queue(setup, "2");
    setup.clock.advance(40);
    await finish(setup, 2);
    const why = (await second.reply).headers.get("x-parlance-why");
    expect(why).toMatch(/^model m, after 40 ms in its queue: /);
  });

  it("are refused at once when the queue is full", async () => {
    const setup = await setUp(models, { a: held(4) });
    const replies = [(await occupy(setup)).reply];
    for (const who of ["1", "2", "3"]) replies.push((await queue(setup, who)).reply);
    const refused = await send(setup);
    expect(refused.status).toBe(429);
    expect(Number(refused.headers.get("retry-after"))).toBeGreaterThanOrEqual(1);
    expect(await refused.json()).toMatchObject({
      error: { type: "rate_limit_error", message: expect.stringContaining("3 calls wait already") },
    });
    await finish(setup, 4);
    await Promise.all(replies);
  });

  it("leave it after max_wait", async () => {
    const setup = await setUp(models, { a: held(2) });
    const first = await occupy(setup);
    const second = await queue(setup, "2");
    setup.clock.advance(60_000);
    expect((await second.reply).status).toBe(429);
    await finish(setup, 1);
    expect((await first.reply).status).toBe(200);
  });

  it("leave it when their caller goes, and hold up no other", async () => {
    const setup = await setUp(models, { a: held(3) });
    const first = await occupy(setup);
    const controller = new AbortController();
    const second = await queue(setup, "2", { signal: controller.signal });
    const gone = expect(second.reply).rejects.toThrow();
    const third = await queue(setup, "3");
    const timers = setup.clock.waiting();
    controller.abort();
    await gone;
    await expect.poll(() => setup.clock.waiting()).toBeLessThan(timers);
    await finish(setup, 2);
    expect((await first.reply).status).toBe(200);
    expect((await third.reply).status).toBe(200);
    expect(users(setup)).toBe("first 3");
  });

  it("are refused early where they would wait beyond their deadline", async () => {
    const setup = await setUp(models, { a: held(4) });
    const first = await occupy(setup);
    const second = await queue(setup, "2");
    setup.clock.advance(5000);
    setup.vendors.a?.release();
    await expect.poll(() => setup.vendors.a?.bodies.length).toBe(2);
    const third = await queue(setup, "3");
    const hopeless = await send(setup, { headers: { "x-parlance-timeout-ms": "1000" } });
    expect(hopeless.status).toBe(429);
    expect(await hopeless.json()).toMatchObject({
      error: { message: expect.stringContaining("it would wait about 10000 ms, and has 1000 ms") },
    });
    expect(hopeless.headers.get("retry-after")).toBe("9");
    setup.vendors.a?.release();
    await expect.poll(() => setup.vendors.a?.bodies.length).toBe(3);
    setup.vendors.a?.release();
    for (const { reply } of [first, second, third]) expect((await reply).status).toBe(200);
  });

  it("go to a fallback where they cannot wait", async () => {
    const text = `${models.replace("max_waiting: 3", "max_waiting: 1")}
    fallbacks: [n]
  - { name: n, targets: [{ model: b/y }] }`;
    const setup = await setUp(text, { a: held(2) });
    const first = await occupy(setup);
    const second = await queue(setup, "2");
    expect(await statusOf(send(setup))).toBe(200);
    expect(setup.vendors.b?.models).toEqual(["y"]);
    await finish(setup, 2);
    for (const { reply } of [first, second]) expect((await reply).status).toBe(200);
  });
});

describe("turns in a queue", () => {
  const wide = models.replace("max_waiting: 3", "max_waiting: 100");
  const as = (key: string, more: Record<string, string> = {}) => ({
    headers: { authorization: `Bearer sk-${key}`, ...more },
  });

  /** Has calls wait behind one, in order, and says in which order the vendor gets them. */
  async function order(
    calls: readonly (readonly [who: string, sent: Sent])[],
    more = keys,
  ): Promise<string> {
    const setup = await setUp(wide, { a: held(calls.length + 1) }, { more });
    const replies = [(await occupy(setup, as("light"))).reply];
    for (const [who, sent] of calls) replies.push((await queue(setup, who, sent)).reply);
    await finish(setup, calls.length + 1);
    for (const reply of replies) expect((await reply).status).toBe(200);
    return users(setup).replace("first ", "");
  }

  it("are shared out among keys", async () => {
    const heavy = ["h1", "h2", "h3", "h4"].map((who) => [who, as("heavy")] as const);
    expect(await order([...heavy, ["l1", as("light")], ["l2", as("light")]])).toBe(
      "h1 l1 h2 l2 h3 h4",
    );
  });

  it("are had first by calls of a higher priority, however they say it", async () => {
    const header = (value: string) => as("heavy", { "x-parlance-priority": value });
    expect(
      await order([
        ["low", header("LOW")],
        ["normal", as("heavy")],
        ["number", header("7")],
        ["high", header("high")],
        ["body", { ...as("heavy"), body: { priority: 3 } }],
      ]),
    ).toBe("high body number normal low");
  });

  /** A typed client of the gateway, with the key of a caller. */
  const client = ({ gateway }: Setup, key: string) =>
    createClient(
      ChatService,
      createConnectTransport({
        baseUrl: gateway.url,
        httpVersion: "1.1",
        interceptors: [
          (next) => (request) => {
            request.header.set("authorization", `Bearer sk-${key}`);
            return next(request);
          },
        ],
      }),
    );
  const typed = (user: string, priority?: number) => ({
    model: "m",
    user,
    messages: [{ role: Role.USER, text: "hi" }],
    ...(priority !== undefined && { priority }),
  });

  it("are had first by the calls of typed callers that say so, and no vendor hears of it", async () => {
    const setup = await setUp(wide, { a: held(5) }, { more: keys });
    const replies: Promise<unknown>[] = [(await occupy(setup, as("light"))).reply];
    for (const [user, priority] of [["unset"], ["zero", 0], ["seven", 7], ["own", 255]] as const) {
      const timers = setup.clock.waiting();
      replies.push(client(setup, "heavy").complete({ chat: typed(user, priority) }));
      await expect.poll(() => setup.clock.waiting()).toBeGreaterThan(timers);
    }
    await finish(setup, 5);
    await Promise.all(replies);
    expect(users(setup)).toBe("first zero seven unset own");
    for (const body of setup.vendors.a?.bodies ?? []) expect(body).not.toContain("priority");
  });

  it("are explained: the priority that a call has, where a model that it would try has a queue", async () => {
    const text = `${wide}\n  - { name: n, targets: [{ model: b/y }] }`;
    const setup = await setUp(text, {}, { more: keys });
    const priority = async (key: string, chat: object, headers = {}) => {
      const explained = await client(setup, key).explain({ chat }, { headers });
      return explained.priority;
    };
    expect(await priority("heavy", typed("u"))).toBe(128);
    expect(await priority("heavy", typed("u", 0))).toBe(0);
    expect(await priority("batch", typed("u", 0))).toBe(255);
    expect(await priority("heavy", typed("u", 0), { "x-parlance-priority": "LOW" })).toBe(255);
    expect(await priority("heavy", { ...typed("u", 0), model: "n" })).toBeUndefined();
    await expect(priority("heavy", typed("u", 256))).rejects.toThrow(/priority/);
  });

  it("are had by a key's calls at its own priority at most", async () => {
    expect(
      await order([
        ["b", as("batch", { "x-parlance-priority": "HIGH" })],
        ["h", as("heavy")],
      ]),
    ).toBe("h b");
  });

  it("send no vendor the number that a body says", async () => {
    const setup = await setUp(wide, {}, { more: keys });
    expect(await statusOf(send(setup, { ...as("heavy"), body: { priority: 3 } }))).toBe(200);
    expect(JSON.parse(setup.vendors.a?.bodies[0] ?? "")).not.toHaveProperty("priority");
    const plain = await setUp("  - { name: m, targets: [{ model: a/x }] }", {});
    expect(await statusOf(send(plain, { body: { priority: 3 } }))).toBe(200);
    expect(JSON.parse(plain.vendors.a?.bodies[0] ?? "")).toMatchObject({ priority: 3 });
  });

  for (const [title, sent, param] of [
    [
      "a header that is no priority",
      as("heavy", { "x-parlance-priority": "urgent" }),
      "x-parlance-priority",
    ],
    ["a number above 255", { ...as("heavy"), body: { priority: 256 } }, "priority"],
  ] as const)
    it(`are refused for ${title}`, async () => {
      const setup = await setUp(wide, {}, { more: keys });
      const refused = await send(setup, sent);
      expect(refused.status).toBe(400);
      expect(await refused.json()).toMatchObject({ error: { param } });
    });

  it("pass by a target that a call may not go to", async () => {
    const text = wide.replace(
      "targets: [{ model: a/x, max_in_flight: 1 }]",
      "targets: [{ model: a/x, max_in_flight: 1, labels: { region: eu } }, { model: b/x, max_in_flight: 1 }]",
    );
    const setup = await setUp(text, { a: held(2), b: held(2) });
    const first = await occupy(setup);
    const other = send(setup);
    await expect.poll(() => setup.vendors.b?.bodies.length).toBe(1);
    const bound = await queue(setup, "eu", { headers: { "x-parlance-labels": "region=eu" } });
    const free = await queue(setup, "free");
    setup.vendors.b?.release();
    await expect.poll(() => users(setup, "b")).toContain("free");
    setup.vendors.b?.release();
    await finish(setup, 2);
    expect(users(setup)).toBe("first eu");
    for (const reply of [first.reply, other, bound.reply, free.reply])
      expect((await reply).status).toBe(200);
  });

  it("come when a rate limit is over", async () => {
    const setup = await setUp(wide, { a: ["429 after 5"] });
    expect(await statusOf(send(setup))).toBe(429);
    const waits = await queue(setup, "2");
    expect(setup.vendors.a?.bodies).toHaveLength(1);
    await expect.poll(() => setup.clock.waiting()).toBeGreaterThan(1);
    setup.clock.advance(5000);
    expect((await waits.reply).status).toBe(200);
  });
});
