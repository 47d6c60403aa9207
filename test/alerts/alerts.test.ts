import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import type { Notice } from "../../src/core/notice.ts";
import { startGateway } from "../../src/serve.ts";
import { runIn } from "../cli/shell.ts";
import { createFakeClock } from "../fake-clock.ts";
import { placeKinds, startHttpPlace } from "./alert-places.ts";

const noon = Date.UTC(2026, 10, 30, 12);

async function startTelling(sinks: string, more = "") {
  const clock = createFakeClock();
  const notices: Notice[] = [];
  const gateway = await startGateway({
    port: 0,
    config: `
providers: { sim: { kind: sim } }
models:
  - { name: m, targets: [{ model: sim/echo, facts: { prices: { tokens: { input: "1000", output: "1000" } } } }] }
  - { name: bad, targets: [{ model: sim/error-500 }], breaker: { consecutive_failures: 100 } }
keys:
  - { name: dev, value: { value: sk-dev }, budget: { usd: "1000", window: MONTH, soft_usd: "0.001" } }
  - { name: ops, value: { value: sk-ops } }
observe:
  alerts: { error_rate: { min_calls: 5, window: 60s }, settle_time: 60s }
  sinks: [${sinks}]
${more}`,
    world: {
      nowMs: clock.nowMs,
      schedule: clock.schedule,
      wallMs: () => noon + clock.nowMs(),
      notice: (notice) => void notices.push(notice),
    },
  });
  onTestFinished(() => gateway.close());
  const chat = async (model = "m", key = "sk-dev") => {
    const reply = await fetch(`${gateway.url}/v1/chat/completions`, {
      method: "POST",
      headers: { "content-type": "application/json", authorization: `Bearer ${key}` },
      body: JSON.stringify({
        model,
        max_tokens: 100,
        messages: [{ role: "user", content: "secret words" }],
      }),
    });
    await reply.text();
    return reply.status;
  };
  const say = (event: string, details: NonNullable<Notice["details"]> = {}) =>
    gateway.heard({ event, message: `it is ${event}`, details });
  /** Lets time pass until something holds. */
  const until = (holds: () => unknown) =>
    expect
      .poll(
        () => {
          clock.advance(1_000);
          return holds();
        },
        { timeout: 60_000 },
      )
      .toBe(true);
  return { gateway, clock, notices, chat, say, until };
}

const target = { target: "sim/echo" };

describe.each(placeKinds)("alerts are sent to $kind", ({ start, sink, read }) => {
  it("when something happens, and when it is over, each once", async () => {
    const place = await start();
    const { clock, say, until, gateway } = await startTelling(
      `{ ${sink(place.url)}, events: [TARGET_DOWN] }`,
    );
    // What the place was slow to take comes again.
    const said = () => [
      ...new Map(place.got.flatMap(read).map((one) => [JSON.stringify(one), one])).values(),
    ];
    say("circuit_opened", target);
    say("circuit_opened", target);
    say("store_down");
    await until(() => said().length === 1);
    // It comes back before it was over for long.
    say("circuit_closed", target);
    clock.advance(50_000);
    say("circuit_opened", target);
    clock.advance(120_000);
    say("circuit_closed", target);
    clock.advance(60_000);
    await until(() => said().length === 2);
    await gateway.close();
    expect(said().map(({ over }) => over)).toEqual([false, true]);
    expect(said()[0]?.text).toMatch(/sim\/echo[\s\S]*it is circuit_opened/);
    expect(JSON.stringify(place.got.map(({ body }) => body))).not.toContain("webhook-secret");
  });

  it("once it takes them again, and no call waits", async () => {
    const place = await start();
    place.status = 450;
    if (place.url.startsWith("http")) place.status = 503;
    const { say, until, chat, notices } = await startTelling(
      `{ name: p, ${sink(place.url)}, events: [TARGET_DOWN, SINK_DOWN] }`,
    );
    say("circuit_opened", target);
    await until(() => place.tries > 1);
    expect(await chat()).toBe(200);
    place.status = 250;
    if (place.url.startsWith("http")) place.status = 202;
    await until(() => place.got.flatMap(read).some(({ text }) => text.includes("sim/echo")));
    expect(notices.map(({ event }) => event)).toEqual(expect.arrayContaining(["sink_down"]));
    expect(place.got.flatMap(read).some(({ text }) => text.includes("the sink p"))).toBe(false);
  });

  it("never again where it refuses them for good", async () => {
    const place = await start();
    place.status = place.url.startsWith("http") ? 403 : 550;
    const { say, until, notices } = await startTelling(
      `{ name: p, ${sink(place.url)}, events: [TARGET_DOWN, SINK_DOWN] }`,
    );
    say("circuit_opened", target);
    await until(() => notices.some(({ event }) => event === "sink_dropped"));
    const said = notices.find(({ event }) => event === "sink_dropped");
    expect(said?.message).toMatch(
      /^alerts for the sink p are dropped: it refuses them: .*[45]\d\d$/,
    );
    expect(JSON.stringify(notices)).not.toMatch(/routing-secret|webhook-secret/);
  });
});

describe("people are told", () => {
  const slack = (url: string, events: string) =>
    `{ slack: { url: { value: "${url}" } }, events: [${events}] }`;
  const textsOf = (place: Awaited<ReturnType<typeof startHttpPlace>>) =>
    place.got.flatMap(({ body }) => String(JSON.parse(body).text).split("\n\n"));

  it("that a budget is crossed, once in its window, with the amounts", async () => {
    const place = await startHttpPlace();
    const { chat, until, gateway } = await startTelling(slack(place.url, "BUDGET_CROSSED"));
    for (const _ of [1, 2, 3]) expect(await chat()).toBe(200);
    await until(() => textsOf(place).length === 1);
    await gateway.close();
    expect(textsOf(place)).toEqual([
      expect.stringMatching(
        /^:bell: \*The budget of key dev is spent[\s\S]*has spent 0\.\d+ USD of 0\.001/,
      ),
    ]);
    expect(place.got.join()).not.toContain("secret words");
  });

  it("that calls of a model fail, and that they no longer do", async () => {
    const place = await startHttpPlace();
    const { chat, until, clock, gateway } = await startTelling(slack(place.url, "ERROR_RATE"));
    for (let sent = 0; sent < 6; sent += 1)
      expect(await chat("bad", "sk-ops")).toBeGreaterThan(499);
    for (let sent = 0; sent < 6; sent += 1) await chat("m", "sk-ops");
    await until(() => textsOf(place).length === 1);
    expect(textsOf(place)[0]).toMatch(
      /100 % of the calls of model bad failed[\s\S]*6 of 6 calls of model bad failed in the last 60 seconds; the bound is 10 %/,
    );
    clock.advance(200_000);
    await until(() => textsOf(place).length === 2);
    expect(textsOf(place)[1]).toMatch(
      /^:large_green_circle: \*Over: [\s\S]*It lasted \d+ seconds\./,
    );
    await gateway.close();
  });
});

describe("sinks are tested", () => {
  it("each by something made up, of which the command says what became", async () => {
    const [slack, calls, away] = [
      await startHttpPlace(),
      await startHttpPlace(),
      await startHttpPlace(),
    ];
    away.status = 401;
    const { gateway } = await startTelling(
      `{ slack: { url: { value: "${slack.url}" } } }, { webhook: { url: { value: "${calls.url}" } } }, { name: away, webhook: { url: { value: "${away.url}" } } }`,
      "auth: { admin_key: { value: sk-admin } }",
    );
    const test = (...words: string[]) =>
      runIn(["sinks", "test", ...words, "--url", gateway.url, "--key", "sk-admin"]);
    expect(await test()).toEqual({
      code: 1,
      stdout: "webhook: sent\naway: failed: HTTP status 401\nslack: sent\n",
      stderr: "",
    });
    expect(JSON.parse(calls.got[0]?.body ?? "").calls).toMatchObject([{ operation: "test" }]);
    expect(JSON.parse(slack.got[0]?.body ?? "").text).toContain("This is a test (TEST)");
    expect(await test("slack")).toMatchObject({ code: 0, stdout: "slack: sent\n" });
    expect(await test("nowhere")).toMatchObject({
      code: 1,
      stderr: expect.stringContaining("there is no sink of this name"),
    });
    const others = await runIn(["sinks", "test", "--url", gateway.url, "--key", "sk-ops"]);
    expect(others.stderr).toContain("may not test sinks: use the admin key");
    const page = await gateway.engine.world.store?.request("calls.page", { limit: 9 });
    expect(page?.calls.filter(({ operation }) => operation === "test")).toEqual([]);
  });
});

describe("a report of spending", () => {
  it("is told once after each day, by one of the gateways of a database", async () => {
    const place = await startHttpPlace();
    const folder = mkdtempSync(join(tmpdir(), "parlance-alerts-"));
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
    const store = `store: { sqlite: { path: "${join(folder, "a.db")}" } }`;
    const sink = `{ slack: { url: { value: "${place.url}" } }, events: [SPEND_REPORT] }`;
    const first = await startTelling(sink, store);
    const second = await startTelling(
      sink,
      store.replace("}", `}, journal: { path: "${folder}/b" }`),
    );
    for (const _ of [1, 2]) expect(await first.chat("m", "sk-ops")).toBe(200);
    expect(await second.chat("m", "sk-ops")).toBe(200);
    for (const { gateway } of [first, second]) await gateway.engine.world.store?.flush();
    await expect
      .poll(
        async () =>
          (await first.gateway.engine.world.store?.request("calls.page", { limit: 9 }))?.calls
            .length,
        { timeout: 60_000 },
      )
      .toBe(3);
    for (const { clock } of [first, second]) clock.advance(12 * 3_600_000);
    expect(place.got).toEqual([]);
    for (const { clock } of [first, second]) clock.advance(301_000);
    await first.until(() => {
      second.clock.advance(1_000);
      return place.got.length > 0;
    });
    for (const { gateway } of [first, second]) await gateway.close();
    const texts = place.got.map(({ body }) => String(JSON.parse(body).text));
    expect(texts).toEqual([
      expect.stringMatching(
        /The day from 2026-11-30 on cost \d+\.\d+ USD[\s\S]*\n3 calls, of which 0 failed\nkeys: ops \d+\.\d+ USD\nmodels: m \d+\.\d+ USD/,
      ),
    ]);
  }, 120_000);
});

describe("a config is refused", () => {
  const wrong: readonly (readonly [title: string, observe: string, says: string])[] = [
    [
      "with alerts for what takes records",
      "sinks: [{ jsonl: { dir: a }, events: [SLOW] }]",
      "observe.sinks[0].events: a sink of kind jsonl gets records of calls and no alerts",
    ],
    [
      "with a setting of records for alerts",
      "sinks: [{ slack: { url: { value: 'http://x' } }, sample_percent: 5 }]",
      "observe.sinks[0].sample_percent: is a setting of records of calls",
    ],
    [
      "with a report of a ledger that is not there",
      "sinks: [{ slack: { url: { value: 'http://x' } }, events: [SPEND_REPORT] }]",
      "observe.sinks[0].events: SPEND_REPORT is made of the ledger",
    ],
    [
      "with an address of another kind",
      "sinks: [{ slack: { url: { value: 'ftp://x' } } }]",
      "observe.sinks[0].slack.url: is not an http or https URL",
    ],
    [
      "with a mail server that is none",
      "sinks: [{ email: { url: { value: 'http://x' }, sender: a@x, to: [b@x] } }]",
      "observe.sinks[0].email.url: is not an smtp or smtps URL",
    ],
    [
      "with mail to nobody",
      "sinks: [{ email: { url: { value: 'smtp://x' }, sender: a@x } }]",
      "observe.sinks[0].email.to",
    ],
    [
      "with a header in an address",
      'sinks: [{ email: { url: { value: "smtp://x" }, sender: "a@x\\nBcc: d@x", to: [b@x] } }]',
      "observe.sinks[0].email.sender",
    ],
    [
      "with an event that is not known",
      "sinks: [{ slack: { url: { value: 'http://x' } }, events: [NOTHING] }]",
      "observe.sinks[0].events",
    ],
    [
      "with a time zone that is none",
      "alerts: { spend_report: { time_zone: Moon } }",
      "observe.alerts.spend_report.time_zone: is no time zone",
    ],
  ];
  for (const [title, observe, says] of wrong)
    it(title, async () => {
      const config = `providers: {}\nobserve: { ${observe} }`;
      await expect(startGateway({ port: 0, config })).rejects.toThrow(says);
    });
});
