import fc from "fast-check";
import { describe, expect, it, onTestFinished } from "vitest";
import {
  AggregationTemporality,
  type HistogramDataPoint,
  type Metric,
} from "../../gen/opentelemetry/proto/metrics/v1/metrics_pb.js";
import { createMetricBuffer } from "../../src/core/metrics/metric-memory.ts";
import { Metrics, parseLabels, printLabels } from "../../src/core/metrics/metrics.ts";
import { sumMetrics } from "../../src/core/metrics/summed-metrics.ts";
import type { Notice } from "../../src/core/notice.ts";
import { createMetricExporter } from "../../src/observe/metrics/metric-exporter.ts";
import { type StartOptions, startGateway } from "../../src/serve.ts";
import { createFakeClock } from "../fake-clock.ts";
import {
  advanceUntil,
  attributesOf,
  type Collector,
  collectors,
  metricsOf,
} from "./otlp-collector.ts";

const wallStartMs = Date.UTC(2026, 10, 30, 12);

async function start(collector: Collector, otlp = "", more: Partial<StartOptions> = {}) {
  const clock = createFakeClock();
  const notices: Notice[] = [];
  const gateway = await startGateway({
    port: 0,
    config: `
providers:
  sim: { kind: sim }
  gone: { kind: openai, base_url: "http://127.0.0.1:9", api_key: { value: k } }
models:
  - { name: m, targets: [{ model: sim/lorem-5, facts: { prices: { tokens: { input: "1", output: "4" } } } }] }
  - { name: lost, targets: [{ model: gone/gpt-5 }], retry: { attempts: 1 } }
observe:
  metrics:
    public: true
    otlp: { url: "${collector.url}", headers: { dd-api-key: { value: secret } }, resource: { region: north }, ${otlp} }
`,
    world: {
      nowMs: clock.nowMs,
      schedule: clock.schedule,
      wallMs: () => wallStartMs + clock.nowMs(),
      notice: (notice) => void notices.push(notice),
    },
    ...more,
  });
  onTestFinished(() => gateway.close());
  const chat = async (model = "m", stream = false) => {
    const reply = await fetch(`${gateway.url}/v1/chat/completions`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ model, stream, messages: [{ role: "user", content: "a b c" }] }),
    });
    await reply.text();
  };
  const until = (holds: () => unknown) => advanceUntil(clock, holds, 10_000);
  return { gateway, chat, notices, until };
}

const named = (metrics: readonly Metric[], name: string) =>
  metrics.find((metric) => metric.name === name);

function histogramsOf(metric: Metric | undefined): readonly HistogramDataPoint[] {
  return metric?.data.case === "histogram" ? metric.data.value.dataPoints : [];
}

function countOf(metric: Metric | undefined): number {
  if (metric?.data.case === "sum")
    return metric.data.value.dataPoints.reduce((sum, { value }) => sum + Number(value.value), 0);
  return histogramsOf(metric).reduce((sum, { count }) => sum + Number(count), 0);
}

/** How much each request has of a metric. */
function countsOf(collector: Collector, name = "parlance_requests"): readonly number[] {
  return collector.metrics.map((_, at) => countOf(named(metricsOf(collector, at), name)));
}

const seconds = [
  0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28, 2.56, 5.12, 10.24, 20.48, 40.96, 81.92,
];
const tokens = Array.from({ length: 14 }, (_, power) => 4 ** power);
const chatOf = (provider: string, model: string, more = {}) => ({
  "gen_ai.operation.name": "chat",
  "gen_ai.provider.name": provider,
  "gen_ai.request.model": model,
  ...more,
});
/** As https://opentelemetry.io/docs/specs/semconv/gen-ai/gen-ai-metrics/ (1.41) has them. */
const conventions: readonly (readonly [
  name: string,
  unit: string,
  bounds: readonly number[],
  attributes: readonly object[],
])[] = [
  [
    "gen_ai.client.token.usage",
    "{token}",
    tokens,
    ["input", "output"].map((type) => chatOf("sim", "lorem-5", { "gen_ai.token.type": type })),
  ],
  [
    "gen_ai.client.operation.duration",
    "s",
    seconds,
    [chatOf("sim", "lorem-5"), chatOf("openai", "gpt-5", { "error.type": "UPSTREAM_UNREACHABLE" })],
  ],
  ["gen_ai.client.operation.time_to_first_chunk", "s", seconds, [chatOf("sim", "lorem-5")]],
  [
    "gen_ai.server.request.duration",
    "s",
    seconds,
    [
      chatOf("sim", "m"),
      chatOf("openai", "lost", { "error.type": "UPSTREAM_UNREACHABLE" }),
      chatOf("parlance", "_unknown", { "error.type": "UNKNOWN_MODEL" }),
    ],
  ],
  [
    "gen_ai.server.time_to_first_token",
    "s",
    [0.001, 0.005, 0.01, 0.02, 0.04, 0.06, 0.08, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10],
    [chatOf("sim", "m")],
  ],
  [
    "gen_ai.server.time_per_output_token",
    "s",
    [0.01, 0.025, 0.05, 0.075, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.75, 1, 2.5],
    [chatOf("sim", "m")],
  ],
];

describe("metrics are sent", () => {
  for (const [protocol, startCollector] of Object.entries(collectors))
    it(`by ${protocol}, with the names, units and bounds of the conventions`, async () => {
      const collector = await startCollector();
      const { gateway, chat, until } = await start(collector, `protocol: ${protocol}`);
      await chat();
      await chat("m", true);
      await chat("lost");
      await chat("nowhere");
      await until(() => collector.metrics.length > 0);
      const all = metricsOf(collector);
      for (const [name, unit, bounds, attributes] of conventions) {
        const metric = named(all, name);
        expect([name, metric?.unit]).toEqual([name, unit]);
        const points = histogramsOf(metric);
        expect(points.map((point) => attributesOf(point.attributes))).toEqual(attributes);
        for (const { explicitBounds, bucketCounts, count } of points) {
          expect(explicitBounds).toEqual(bounds);
          expect(bucketCounts.reduce((sum, one) => sum + one, 0n)).toBe(count);
        }
      }
      const [usage] = histogramsOf(named(all, "gen_ai.client.token.usage"));
      expect(usage?.count).toBe(2n);
      const shown = await (await fetch(`${gateway.url}/metrics`)).text();
      // The same numbers as a scraper sees, and nothing of these that it would not know.
      expect(countOf(named(all, "parlance_requests"))).toBe(4);
      expect(shown).toMatch(/^parlance_attempts_total\{target="sim\/lorem-5".*\} 2$/m);
      expect(countOf(named(all, "parlance_attempts"))).toBe(3);
      expect(named(all, "parlance_cost_usd")?.unit).toBe("{USD}");
      expect(named(all, "process_resident_memory_bytes")).toBeUndefined();
      expect(shown).not.toContain("gen_ai");
      const { resource } = collector.metrics[0]?.resourceMetrics[0] ?? {};
      expect(attributesOf(resource?.attributes ?? [])).toMatchObject({
        "service.name": "parlance",
        "service.instance.id": expect.stringMatching(/^[0-9a-f-]{36}$/),
        region: "north",
      });
      expect(collector.headers[0]).toMatchObject({ "dd-api-key": "secret" });
    });

  it("again and again, of the whole life of the process", async () => {
    const collector = await collectors.HTTP_PROTOBUF();
    const { chat, until } = await start(collector, "interval: 10s");
    await chat();
    await until(() => collector.metrics.length > 0);
    await chat();
    await until(() => countsOf(collector).at(-1) === 2);
    expect(countsOf(collector)[0]).toBe(1);
    for (const at of [0, -1]) {
      const { data } = named(metricsOf(collector, at), "parlance_requests") ?? {};
      const { aggregationTemporality, dataPoints = [] } = data?.case === "sum" ? data.value : {};
      expect(aggregationTemporality).toBe(AggregationTemporality.CUMULATIVE);
      expect(dataPoints[0]?.startTimeUnixNano).toBe(BigInt(wallStartMs) * 1_000_000n);
    }
  });

  it("as what came since, where that is wanted, and what a failure held up comes once", async () => {
    const collector = await collectors.HTTP_PROTOBUF();
    const { chat, until, notices } = await start(collector, "interval: 10s, temporality: DELTA");
    await chat();
    await until(() => collector.metrics.length > 0);
    collector.mode = "fails";
    await chat();
    await until(() => notices.some(({ event }) => event === "sink_down"));
    await chat();
    collector.mode = "takes";
    await until(() => countsOf(collector).at(-1) === 2);
    const sent = collector.metrics.length;
    await until(() => collector.metrics.length > sent);
    for (const name of ["parlance_requests", "gen_ai.server.request.duration"])
      expect(countsOf(collector, name).filter((count) => count > 0)).toEqual([1, 2]);
    const events = notices.map(({ event }) => event).filter((event) => event.startsWith("sink_"));
    expect(events).toEqual(["sink_down", "sink_up"]);
    expect(JSON.stringify(notices)).not.toContain("secret");
  });

  it("once more when the gateway stops, by one thread for all", async () => {
    const collector = await collectors.HTTP_PROTOBUF();
    const [one, other] = [createMetricBuffer(), createMetricBuffer()];
    const first = await start(collector, "", {
      metricMemory: { own: one, others: [other], sends: true },
    });
    const second = await start(collector, "", {
      metricMemory: { own: other, others: [one], sends: false },
    });
    await first.chat();
    await second.chat();
    await second.gateway.close();
    expect(collector.asked).toBe(0);
    await first.gateway.close();
    expect(countOf(named(metricsOf(collector), "parlance_requests"))).toBe(2);
  });

  it("no second time while a collector says nothing, which holds up no stop", async () => {
    const collector = await collectors.HTTP_PROTOBUF();
    collector.mode = "stalls";
    const clock = createFakeClock();
    const metrics = new Metrics();
    metrics.series("inFlight").set(1);
    const exporter = createMetricExporter({
      world: { ...clock, wallMs: clock.nowMs, notice: () => undefined, metrics },
      service: { name: "parlance", version: "0", instanceId: "1" },
      startedMs: 0,
      read: () => sumMetrics([metrics.memory], []),
    });
    const settings = { protocol: "http", headers: new Map(), resource: new Map() } as const;
    const url = `${collector.url}/v1/metrics`;
    exporter.configure({ ...settings, url, intervalMs: 1_000, temporality: "cumulative" });
    await advanceUntil(clock, () => collector.asked > 0);
    for (let at = 0; at < 10; at += 1) clock.advance(1_000);
    await exporter.close(1);
    expect(collector.asked).toBe(1);
  });

  it("with labels that are what they were", () => {
    const character = fc.constantFrom('"', "\\", "\n", "n", "=", ",", "ü", "\u2028", "😀");
    const texts = fc.array(fc.string({ unit: character, maxLength: 9 }), { maxLength: 3 });
    fc.assert(
      fc.property(texts, (values) => {
        const labels = values.map((_, at) => `a.${at}`);
        const read = parseLabels(printLabels(labels, values));
        expect(labels.map((label) => read[label])).toEqual(values);
      }),
    );
  });
});
