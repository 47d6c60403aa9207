import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createClient, type Interceptor } from "@connectrpc/connect";
import { createConnectTransport } from "@connectrpc/connect-node";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { KeyKind } from "../../gen/parlance/admin/v1/key_pb.js";
import { KeyService } from "../../gen/parlance/admin/v1/key_service_pb.js";
import { OrganizationService } from "../../gen/parlance/admin/v1/organization_service_pb.js";
import type { LedgerRow } from "../../src/core/ledger/ledger-row.ts";
import { families } from "../../src/core/metrics/families.ts";
import type { MetricFamily } from "../../src/core/metrics/metric-family.ts";
import { type RunningGateway, startGateway } from "../../src/serve.ts";
import { freePort } from "../redis/free-port.ts";
import { until } from "../redis/until.ts";
import { readLedger } from "../store/store-gateway.ts";
import { alertQueries, type DeployedQuery, panelQueries } from "./deployed-queries.ts";
import { promtool, startPrometheus } from "./prometheus.ts";
import { openMetricsFaults, readSamples, sumOf } from "./read-samples.ts";

const adminKey = "admin-key-0123456789";
const devKey = "dev-key-0123456789";
const fewKey = "few-key-0123456789";
const poorKey = "poor-key-0123456789";

const prices = { facts: { prices: { tokens: { input: "1", output: "2" } } } };
const config = (more: object) => ({
  server: { host: "127.0.0.1", port: 0 },
  auth: { admin_key: { value: adminKey } },
  providers: { sim: { kind: "sim" } },
  models: [
    { name: "fast", targets: [{ model: "sim/echo", ...prices }], cache: { ttl: "60s" } },
    {
      name: "raced",
      targets: [
        { model: "sim/hang", order: 1, ...prices },
        { model: "sim/lorem-9", ...prices },
      ],
      strategy: "PRIORITY",
      hedge: { after: "0.001s", max_percent: 100 },
    },
    { name: "shaky", targets: [{ model: "sim/error-503", ...prices }], fallbacks: ["fast"] },
    { name: "torn", targets: [{ model: "sim/cut", ...prices }] },
    { name: "slow", targets: [{ model: "sim/lorem-100?rate=1", ...prices }] },
    { name: "free", targets: [{ model: "sim/lorem-5" }], guards: ["words", "gone"] },
  ],
  guards: [
    { name: "words", keywords: { words: ["forbidden"] } },
    { name: "gone", webhook: { url: "http://127.0.0.1:1/check" }, on_failure: "OPEN" },
  ],
  keys: [
    { name: "dev", value: { value: devKey }, limits: { requests_per_minute: 1_000 } },
    { name: "few", value: { value: fewKey }, limits: { requests_per_minute: 1 } },
    {
      name: "poor",
      value: { value: poorKey },
      budget: { usd: "0.0000001", window: "MONTH" },
    },
  ],
  ...more,
});

const open = (more: object): Promise<RunningGateway> =>
  startGateway({ config: JSON.stringify(config(more)), world: { process } });

async function start(more: object = {}): Promise<RunningGateway> {
  const gateway = await open(more);
  onTestFinished(() => gateway.close());
  return gateway;
}

interface Asked {
  readonly key?: string;
  readonly stream?: boolean;
  readonly text?: string;
  readonly signal?: AbortSignal;
}

function chat(url: string, model: string, { key = devKey, text = "hi", ...more }: Asked = {}) {
  const { signal, stream = false } = more;
  return fetch(`${url}/v1/chat/completions`, {
    method: "POST",
    headers: { "content-type": "application/json", authorization: `Bearer ${key}` },
    body: JSON.stringify({ model, stream, messages: [{ role: "user", content: text }] }),
    ...(signal && { signal }),
  });
}

const drained = async (reply: Promise<Response>) => (await reply).text().catch(() => "cut");

async function scrape(url: string, headers: Record<string, string> = {}): Promise<Response> {
  return fetch(`${url}/metrics`, { headers: { authorization: `Bearer ${adminKey}`, ...headers } });
}

/** A stream that is left after its first bytes. */
async function leave(url: string): Promise<void> {
  const gone = new AbortController();
  const reply = await chat(url, "slow", { stream: true, signal: gone.signal });
  await reply.body?.getReader().read();
  gone.abort();
}

/** Calls of all kinds of ends. */
async function load(url: string): Promise<void> {
  for (const stream of [false, true])
    for (const model of ["fast", "raced", "shaky", "torn", "free", "sim/nothing", "nothing"])
      await drained(chat(url, model, { stream, text: `Hello ${model}` }));
  await drained(chat(url, "fast", { text: "Hello fast" }));
  for (const key of [fewKey, poorKey])
    for (let at = 0; at < 2; at += 1) await drained(chat(url, "fast", { key }));
  await drained(chat(url, "fast", { key: "nobody-0123456789" }));
  await drained(chat(url, "free", { text: "forbidden" }));
  await leave(url);
}

const named = (target: string) => target.replace("sim/nothing", "_unknown");

/** What a ledger adds up to, by the names of the metrics. */
function sumsOf(rows: readonly LedgerRow[]): ReadonlyMap<string, number> {
  const sums = new Map<string, number>();
  const add = (name: string, by: number) => sums.set(name, (sums.get(name) ?? 0) + by);
  for (const row of rows) {
    const { operation, status, reason, target, usage, cost } = row;
    const known = /^(fast|raced|shaky|torn|slow|free)$/.test(row.model);
    const model = known ? row.model : "_unknown";
    const labels = `model="${model}",target="${named(target)}",operation="${operation}"`;
    add(`parlance_requests_total{${labels},status="${status}",reason="${reason}"}`, 1);
    add('parlance_tokens_total{class="input"}', Number(usage?.inputTokens ?? 0n));
    add('parlance_tokens_total{class="output"}', Number(usage?.outputTokens ?? 0n));
    if (row.cache !== "") add(`parlance_cache_total{outcome="${row.cache}"}`, 1);
    add("cost", cost.kind === "priced" ? Number(cost.nanoUsd) : 0);
    for (const attempt of row.attempts) {
      const ends = `status="${attempt.status}",reason="${attempt.reason}"`;
      add(`parlance_attempts_total{target="${named(attempt.target)}",${ends}}`, 1);
      if (attempt.hedged) add('parlance_further_attempts_total{kind="hedge"}', 1);
    }
  }
  return sums;
}

describe("GET /metrics", () => {
  let gateway: RunningGateway;
  let text = "";
  let openText = "";
  const folder = mkdtempSync(join(tmpdir(), "metrics-"));
  let rows: readonly LedgerRow[] = [];
  beforeAll(async () => {
    const path = join(folder, "p.db");
    gateway = await open({ store: { sqlite: { path } } });
    const { url } = gateway;
    await load(url);
    const samples = async () => readSamples(await (await scrape(url)).text());
    await until(async () => (await samples()).get("parlance_in_flight") === 0);
    // Records reach the store's thread a moment after their calls are counted.
    await until(async () => {
      rows = await readLedger({ kind: "sqlite", path });
      return sumOf(await samples(), "parlance_requests_total") === rows.length + 1;
    });
    text = await (await scrape(url)).text();
    openText = await (await scrape(url, { accept: "application/openmetrics-text" })).text();
  });
  afterAll(async () => {
    await gateway.close();
    rmSync(folder, { recursive: true, force: true });
  });

  it("adds up to the ledger, whatever became of the calls", () => {
    const samples = readSamples(text);
    const expected = sumsOf(rows);
    expect(rows.length).toBeGreaterThan(15);
    for (const [name, sum] of expected)
      if (name !== "cost") expect([name, samples.get(name)]).toEqual([name, sum]);
    const usd = sumOf(samples, "parlance_cost_usd_total");
    expect(Math.round(usd * 1e9)).toBe(expected.get("cost"));
    // And the stranger, whom the ledger does not keep.
    expect(sumOf(samples, "parlance_requests_total")).toBe(rows.length + 1);
    expect(new Set(rows.map(({ status }) => status))).toEqual(new Set(["whole", "broken", "left"]));
  });

  it("counts hits, races, fallbacks and refusals by what caused them", () => {
    const samples = readSamples(text);
    for (const [name, count] of [
      ['parlance_cache_total{outcome="hit"}', 2],
      ['parlance_hedges_total{outcome="won"}', 2],
      ['parlance_further_attempts_total{kind="hedge"}', 2],
      ['parlance_further_attempts_total{kind="fallback"}', 2],
      ['parlance_limit_refusals_total{scope="key"}', 1],
      ['parlance_budget_refusals_total{scope="key"}', 1],
      ['parlance_guard_verdicts_total{guard="words",stage="input",outcome="block"}', 1],
      ['parlance_guard_delay_seconds_count{guard="words",stage="input"}', 3],
      ['parlance_unpriced_attempts_total{target="sim/lorem-5"}', 2],
      ['parlance_target_state{target="sim/echo"}', 0],
      ['parlance_budget_remaining_usd{scope="key",name="poor",window="month"}', 0],
    ] as const)
      expect([name, samples.get(name)]).toEqual([name, count]);
    expect([...samples.keys()].filter((key) => key.includes("nothing"))).toEqual([]);
  });

  it("divides the duration of calls into parts that add up to it", () => {
    const samples = readSamples(text);
    const all = sumOf(samples, "parlance_request_duration_seconds_sum");
    const parts = sumOf(samples, "parlance_overhead_seconds_sum");
    // Each part is rounded to a microsecond.
    expect(Math.abs(all - parts)).toBeLessThan(0.000_003 * rows.length);
    expect(samples.get('parlance_overhead_seconds_sum{part="upstream"}')).toBeGreaterThan(0);
  });

  it("tells of the process, its database and its event loops", () => {
    const samples = readSamples(text);
    for (const name of [
      "process_cpu_seconds_total",
      "process_resident_memory_bytes",
      "process_open_fds",
      "process_start_time_seconds",
      'parlance_sql_duration_seconds_count{operation="calls.write"}',
    ])
      expect([name, (samples.get(name) ?? 0) > 0]).toEqual([name, true]);
    expect(samples.has("parlance_event_loop_delay_seconds_count")).toBe(true);
    expect(sumOf(samples, "parlance_build_info")).toBe(1);
  });

  it("obeys the rules of OpenMetrics, with traces of calls", () => {
    expect(openMetricsFaults(openText)).toEqual([]);
    expect(openText).toMatch(/_bucket\{.*\} \d+ # \{trace_id="[\da-f]{32}"\} /);
    expect(text).not.toContain("# {");
    expect(text).not.toContain("EOF");
  });

  it("is clean for promtool", async () => {
    expect(await promtool(["check", "metrics"], text)).toBe("");
  });

  it("is scraped and queried by Prometheus while calls come", async () => {
    const prometheus = await startPrometheus(gateway.port, adminKey);
    onTestFinished(() => prometheus.close());
    let calls = 0;
    const sum = 'sum(parlance_requests_total{model="free",status="whole"})';
    const counted = async () => Number((await prometheus.query(sum))[0]?.value[1] ?? 0);
    await until(async () => {
      await drained(chat(gateway.url, "free", { text: "on" }));
      calls += 1;
      return (await counted()) >= 5;
    });
    // Two were made at first; a scrape is behind by those after it.
    await until(async () => (await counted()) === calls + 2);
    const p95 = "histogram_quantile(0.95, sum by (le) (parlance_request_duration_seconds_bucket))";
    expect(Number((await prometheus.query(p95))[0]?.value[1])).toBeGreaterThan(0);
    expect(await prometheus.query("up == 1")).toHaveLength(1);
    const hasData = async ({ expr }: DeployedQuery) => (await prometheus.query(expr)).length > 0;
    for (const panel of panelQueries())
      expect([panel.place, await hasData(panel)]).toEqual([panel.place, true]);
    for (const alert of alertQueries()) await prometheus.query(alert.expr);
  });

  it("has a trace that its caller is in", async () => {
    const { url } = await start();
    const traceId = "4bf92f3577b34da6a3ce929d0e0e4736";
    const headers = { traceparent: `00-${traceId}-00f067aa0ba902b7-01`, authorization: "" };
    headers.authorization = `Bearer ${devKey}`;
    const body = JSON.stringify({ model: "free", messages: [{ role: "user", content: "hi" }] });
    const type = { "content-type": "application/json" };
    const init = { method: "POST", headers: { ...headers, ...type }, body };
    await drained(fetch(`${url}/v1/chat/completions`, init));
    const reply = await scrape(url, { accept: "application/openmetrics-text;version=1.0.0" });
    expect(await reply.text()).toContain(`# {trace_id="${traceId}"}`);
  });

  const negotiated: readonly [accept: string, type: string][] = [
    ["", "text/plain; version=0.0.4; charset=utf-8"],
    ["*/*", "text/plain; version=0.0.4; charset=utf-8"],
    ["application/openmetrics-text", "application/openmetrics-text; version=1.0.0; charset=utf-8"],
    [
      "application/openmetrics-text;version=1.0.0,text/plain;version=0.0.4;q=0.5,*/*;q=0.1",
      "application/openmetrics-text; version=1.0.0; charset=utf-8",
    ],
    [
      "application/openmetrics-text;version=0.0.1,text/plain;q=0.5",
      "text/plain; version=0.0.4; charset=utf-8",
    ],
    [
      "application/openmetrics-text;q=0.2,text/plain;q=0.9",
      "text/plain; version=0.0.4; charset=utf-8",
    ],
    ["application/openmetrics-text;q=0, */*", "text/plain; version=0.0.4; charset=utf-8"],
  ];
  it("answers in the format that is accepted", async () => {
    for (const [accept, type] of negotiated) {
      const reply = await scrape(gateway.url, { accept });
      await reply.text();
      expect([accept, reply.headers.get("content-type")]).toEqual([accept, type]);
    }
  });

  it("is for who may see the whole gateway, unless it is public", async () => {
    const status = async (url: string, key: string, method = "GET") => {
      const headers = key === "" ? {} : { authorization: `Bearer ${key}` };
      const reply = await fetch(url, { method, headers });
      await reply.text();
      return reply.status;
    };
    const url = `${gateway.url}/metrics`;
    expect(await status(url, adminKey)).toBe(200);
    expect(await status(url, adminKey, "HEAD")).toBe(200);
    expect(await status(url, adminKey, "POST")).toBe(405);
    expect(await status(url, devKey)).toBe(403);
    expect(await status(url, "")).toBe(401);
    const shown = await start({ observe: { metrics: { path: "/own/numbers", public: true } } });
    expect(await status(`${shown.url}/own/numbers`, "")).toBe(200);
    expect(await status(`${shown.url}/metrics`, adminKey)).toBe(404);
    const none = await start({ observe: { metrics: { disabled: true } } });
    await drained(chat(none.url, "free"));
    expect(await status(`${none.url}/metrics`, adminKey)).toBe(404);
    expect(sumOf(readSamples(none.engine.metrics.print("text")), "parlance_requests_total")).toBe(
      0,
    );
  });

  it("is for read-only keys of the whole gateway, and for none of an organization", async () => {
    const { url } = gateway;
    const interceptor: Interceptor = (next) => (request) => {
      request.header.set("authorization", `Bearer ${adminKey}`);
      return next(request);
    };
    const transport = createConnectTransport({
      baseUrl: url,
      httpVersion: "1.1",
      interceptors: [interceptor],
    });
    const { organization } = await createClient(OrganizationService, transport).createOrganization({
      organization: { name: "acme" },
    });
    const keys = createClient(KeyService, transport);
    for (const [kind, ofAcme, status] of [
      [KeyKind.READ_ONLY, false, 200],
      [KeyKind.ADMIN, false, 200],
      [KeyKind.READ_ONLY, true, 403],
      [KeyKind.ADMIN, true, 403],
      [KeyKind.INFERENCE, false, 403],
    ] as const) {
      const place = ofAcme ? { organization: organization?.id ?? "" } : {};
      const { value } = await keys.createKey({ key: { kind, ...place } });
      const reply = await scrape(url, { authorization: `Bearer ${value}` });
      await reply.text();
      expect([KeyKind[kind], ofAcme, reply.status]).toEqual([KeyKind[kind], ofAcme, status]);
    }
  });

  it("has a port of its own, open but where it is to be closed", async () => {
    const port = await freePort();
    const { url, metricsPort } = await start({ observe: { metrics: { port } } });
    expect(metricsPort).toBe(port);
    const own = `http://127.0.0.1:${port}`;
    expect((await fetch(`${own}/metrics`)).status).toBe(200);
    expect((await fetch(`${own}/v1/models`)).status).toBe(404);
    expect((await fetch(`${url}/metrics`)).status).toBe(404);
    const closed = await freePort();
    await start({ observe: { metrics: { port: closed, public: false } } });
    expect((await fetch(`http://127.0.0.1:${closed}/metrics`)).status).toBe(401);
    await expect(start({ observe: { metrics: { port: closed } } })).rejects.toThrow("EADDRINUSE");
  });

  it("shows every metric that there is, but those of what it does not use", () => {
    const shown = new Set(
      [...text.matchAll(/^# TYPE (\S+) /gm)].map(([, name = ""]) => name.replace(/_total$/, "")),
    );
    const missing = Object.values<MetricFamily>(families).flatMap(({ name, only }) =>
      shown.has(name) || only !== undefined ? [] : [name],
    );
    expect(missing).toEqual([
      "parlance_secret_reads",
      "parlance_content_dropped",
      "parlance_content_expired",
      "parlance_sink_dropped",
      "parlance_redis_duration_seconds",
    ]);
  });
});
