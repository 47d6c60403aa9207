import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createClient } from "@connectrpc/connect";
import { createConnectTransport, createGrpcTransport } from "@connectrpc/connect-node";
import { describe, expect, it, onTestFinished } from "vitest";
import { ExportFormat } from "../../../../gen/parlance/admin/v1/usage_export_pb.js";
import { CallStatus, UsageDimension } from "../../../../gen/parlance/admin/v1/usage_pb.js";
import { UsageService } from "../../../../gen/parlance/admin/v1/usage_service_pb.js";
import { Role as ChatRole } from "../../../../gen/parlance/chat/v1/message_pb.js";
import { startGateway } from "../../../../src/serve.ts";

const parts = [{ content: { case: "text" as const, value: { text: "hi" } } }];
const hello = [{ role: ChatRole.USER, parts }];
const prices = 'facts: { prices: { tokens: { input: "1", output: "4" } } }';

function scratchFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "feeds-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** A gateway with a database, or in memory, and calls of two keys. */
async function startFeeds(store = "sqlite", more = "", folder = scratchFolder()) {
  const config = `
server: { port: 0 }
auth: { admin_key: { value: sk-admin } }
store: ${store === "sqlite" ? `{ sqlite: { path: ${join(folder, "parlance.db")} } }` : "{ memory: {} }"}
providers: { sim: { kind: sim }, other: { kind: sim } }
models:
  - { name: fast, targets: [{ model: sim/echo, ${prices} }] }
  - { name: free, targets: [{ model: other/echo }] }
teams: [{ name: support }]
rules: [{ name: ruled, when: '"web" in call.tags', add_tags: [seen] }]
keys:
  - { name: dev, value: { value: sk-dev }, team: support, tags: [web], models: [fast, free] }
  - { name: ops, value: { value: sk-ops } }
${more}
`;
  const gateway = await startGateway({ config });
  onTestFinished(() => gateway.close());
  const { url } = gateway;
  const usage = createClient(UsageService, createGrpcTransport({ baseUrl: url }));
  const as = (key: string, more: object = {}) => ({
    headers: { authorization: `Bearer ${key}` },
    ...more,
  });
  const chat = async (key: string, body: object = {}) => {
    const reply = await fetch(`${url}/v1/chat/completions`, {
      method: "POST",
      headers: { ...as(key).headers, "content-type": "application/json" },
      body: JSON.stringify({ model: "fast", messages: [{ role: "user", content: "hi" }], ...body }),
    });
    await reply.text();
    return reply.headers.get("x-parlance-call-id");
  };
  const recorded = (count: number) =>
    expect
      .poll(async () => (await usage.listCalls({}, as("sk-admin"))).calls.length, {
        timeout: 60_000,
      })
      .toBe(count);
  return { url, usage, as, chat, recorded };
}

type Feeds = Awaited<ReturnType<typeof startFeeds>>;

async function fileOf({ usage, as }: Feeds, format: ExportFormat, key = "sk-admin", filter = {}) {
  const parts: Uint8Array[] = [];
  for await (const { data } of usage.exportCalls({ format, filter }, as(key))) parts.push(data);
  return Buffer.concat(parts).toString();
}

describe("ExportCalls", () => {
  it("writes a line of CSV for each call, the oldest first", async () => {
    const feeds = await startFeeds();
    const id = await feeds.chat("sk-dev", { user: 'Ann "the" user, of\nus' });
    await feeds.chat("sk-ops", { model: "free" });
    await feeds.recorded(2);
    const file = await fileOf(feeds, ExportFormat.CSV);
    const [head = "", ...rest] = file.split("\r\n");
    expect(head).toMatch(
      /^call_id,end_time,organization,team,.*,cost_usd,unpriced,.*,config_hash$/,
    );
    expect(rest[0]).toContain(`${id},20`);
    expect(file).toContain(',"Ann ""the"" user, of\nus",');
    const line = file.split("\r\n").find((one) => one.includes(",free,"));
    expect(line).toContain("no prices are known of the model");
    expect(rest.at(-1)).toBe("");
  });

  it("writes lines of JSON with the attempts, of the filter and of the caller alone", async () => {
    const feeds = await startFeeds();
    for (const key of ["sk-dev", "sk-ops", "sk-dev"]) await feeds.chat(key);
    await feeds.recorded(3);
    const lines = async (key: string, filter = {}) =>
      (await fileOf(feeds, ExportFormat.JSONL, key, filter)).trimEnd().split("\n");
    const all = (await lines("sk-admin")).map((line) => JSON.parse(line));
    expect(all).toHaveLength(3);
    expect(all[0]).toMatchObject({ key: "dev", attempts: [{ target: "sim/echo" }] });
    const records = (await fileOf(feeds, ExportFormat.RECORDS)).trimEnd().split("\n");
    expect(records.map((line) => JSON.parse(line).call_id)).toEqual(
      all.map(({ callId }) => callId),
    );
    expect(await lines("sk-ops")).toHaveLength(1);
    expect(await lines("sk-admin", { rules: ["ruled"] })).toHaveLength(2);
    await expect(lines("sk-ops", { keys: ["dev"] })).rejects.toThrow("its own calls only");
  });

  it("writes the columns of FOCUS, a row for each part of a cost, which add up", async () => {
    const feeds = await startFeeds();
    await feeds.chat("sk-dev");
    await feeds.recorded(1);
    const [head = "", ...rows] = (await fileOf(feeds, ExportFormat.FOCUS)).trimEnd().split("\r\n");
    const names = head.split(",");
    const cells = rows.map((row) => {
      const values = row.match(/("([^"]|"")*"|[^,]*)(,|$)/g) ?? [];
      return Object.fromEntries(
        names.map((name, at) => [name, values[at]?.replace(/,$/, "") ?? ""]),
      );
    });
    expect(cells.map(({ SkuMeter }) => SkuMeter)).toEqual(["input", "output"]);
    expect(cells[0]).toMatchObject({
      BillingCurrency: "USD",
      ChargeCategory: "Usage",
      ServiceCategory: "AI and Machine Learning",
      ServiceSubcategory: "Generative AI",
      ProviderName: "sim",
      ResourceId: "sim/echo",
      SubAccountId: "support",
      ConsumedUnit: "Tokens",
    });
    const tags = JSON.parse(cells[0]?.Tags?.replace(/^"|"$/g, "").replaceAll('""', '"') ?? "");
    expect(tags).toMatchObject({ web: true, "parlance:key": "dev" });
    for (const name of ["ChargePeriodStart", "ChargePeriodEnd", "BillingPeriodEnd"])
      expect(cells[0]?.[name]).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
    const { calls } = await feeds.usage.listCalls({}, feeds.as("sk-admin"));
    const sum = cells.reduce((usd, { BilledCost }) => usd + Number(BilledCost) * 1e9, 0);
    expect(Math.round(sum)).toBe(Number(calls[0]?.costNanoUsd));
  });

  it("reads on over all pages", async () => {
    const feeds = await startFeeds("memory");
    await Promise.all(Array.from({ length: 520 }, () => feeds.chat("sk-ops")));
    const file = await fileOf(feeds, ExportFormat.CSV);
    expect(file.trimEnd().split("\r\n")).toHaveLength(521);
  }, 60_000);
});

describe("WatchUsage", () => {
  it.each(["sqlite", "memory"])("gives calls as they end, of the filter: %s", async (store) => {
    const feeds = await startFeeds(store);
    const leaving = new AbortController();
    const filter = { statuses: [CallStatus.WHOLE] };
    const watched = feeds.usage
      .watchUsage({ filter }, feeds.as("sk-dev", { signal: leaving.signal }))
      [Symbol.asyncIterator]();
    expect((await watched.next()).value).toMatchObject({ dropped: 0n });
    await feeds.chat("sk-ops");
    await feeds.chat("sk-dev", { model: "nowhere" });
    const id = await feeds.chat("sk-dev");
    const { value } = await watched.next();
    expect(value?.call).toMatchObject({ callId: id, key: "dev", status: CallStatus.WHOLE });
    leaving.abort();
    await expect(watched.next()).rejects.toThrow();
  });

  it("gives the calls of another gateway with the same database, and nobody else's", async () => {
    const folder = scratchFolder();
    const [here, there] = [
      await startFeeds("sqlite", "", folder),
      await startFeeds("sqlite", "", folder),
    ];
    const leaving = new AbortController();
    const watch = (key: string) =>
      here.usage.watchUsage({}, here.as(key, { signal: leaving.signal }))[Symbol.asyncIterator]();
    const [own, all] = [watch("sk-dev"), watch("sk-admin")];
    for (const watched of [own, all]) await watched.next();
    const ids = [await there.chat("sk-ops"), await there.chat("sk-dev")];
    expect((await own.next()).value?.call?.callId).toBe(ids[1]);
    const seen = [await all.next(), await all.next()].map(({ value }) => value?.call?.callId);
    expect(seen.sort()).toEqual(ids.sort());
    leaving.abort();
  });

  it("is there in Connect's streams too, and refuses strangers", async () => {
    const feeds = await startFeeds();
    const transport = createConnectTransport({ baseUrl: feeds.url, httpVersion: "1.1" });
    const client = createClient(UsageService, transport);
    const refused = client.watchUsage({}, feeds.as("sk-wrong"))[Symbol.asyncIterator]();
    await expect(refused.next()).rejects.toThrow("unauthenticated");
    const leaving = new AbortController();
    const watched = client
      .watchUsage({}, feeds.as("sk-admin", { signal: leaving.signal }))
      [Symbol.asyncIterator]();
    await watched.next();
    await feeds.chat("sk-ops");
    expect((await watched.next()).value?.call?.key).toBe("ops");
    leaving.abort();
  });
});

describe("EstimateCost", () => {
  it("says what a chat is expected to cost, and at most, without a call", async () => {
    const feeds = await startFeeds();
    const chat = { model: "fast", maxOutputTokens: 1000, messages: hello };
    const { estimates } = await feeds.usage.estimateCost({ chat }, feeds.as("sk-dev"));
    expect(estimates).toMatchObject([
      {
        target: { provider: "sim", model: "echo" },
        model: "fast",
        maxOutputTokens: 1000n,
        maxCostUsd: expect.stringMatching(/^0\.004/),
        priceSource: "config",
      },
    ]);
    expect(Number(estimates[0]?.expectedCostUsd)).toBeGreaterThan(0);
    const free = await feeds.usage.estimateCost(
      { chat: { model: "free", messages: hello } },
      feeds.as("sk-dev"),
    );
    expect(free.estimates[0]).toMatchObject({
      expectedCostUsd: "",
      unpriced: "no prices are known of the model",
    });
    expect((await feeds.usage.listCalls({}, feeds.as("sk-admin"))).calls).toEqual([]);
  });

  it("refuses a model that the key may not use, and one that there is not", async () => {
    const feeds = await startFeeds();
    for (const model of ["sim/echo", "nowhere"])
      await expect(
        feeds.usage.estimateCost({ chat: { model, messages: hello } }, feeds.as("sk-dev")),
      ).rejects.toThrow(model);
  });
});

describe("AggregateUsage", () => {
  it.each(["sqlite", "memory"])("sums by rule, session, tag and two at once: %s", async (store) => {
    const feeds = await startFeeds(store);
    await feeds.chat("sk-dev", { litellm_session_id: "s1", user: "ann" });
    await feeds.chat("sk-dev", { user: "bob" });
    await feeds.chat("sk-ops", { model: "free", user: "bob" });
    await feeds.recorded(3);
    const sums = async (dimension: UsageDimension, more: object = {}) => {
      const answer = await feeds.usage.aggregateUsage({ dimension, ...more }, feeds.as("sk-admin"));
      return answer.sums
        .map(({ value, thenValue, calls }) => `${value}/${thenValue} ${calls}`)
        .sort();
    };
    expect(await sums(UsageDimension.RULE)).toEqual(["ruled/ 2"]);
    expect(await sums(UsageDimension.SESSION, { values: ["s1"] })).toEqual(["s1/ 1"]);
    expect(await sums(UsageDimension.ANSWERED_MODEL)).toEqual(["echo/ 3"]);
    expect(await sums(UsageDimension.KEY, { thenBy: UsageDimension.MODEL })).toEqual([
      "dev/fast 2",
      "ops/free 1",
    ]);
    expect(await sums(UsageDimension.TAG, { thenBy: UsageDimension.END_USER })).toEqual([
      "seen/ann 1",
      "seen/bob 1",
      "web/ann 1",
      "web/bob 1",
    ]);
    expect(await sums(UsageDimension.END_USER, { filter: { models: ["free"] } })).toEqual([
      "bob/ 1",
    ]);
  });
});
