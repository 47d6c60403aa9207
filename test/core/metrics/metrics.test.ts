import { describe, expect, it } from "vitest";
import { families } from "../../../src/core/metrics/families.ts";
import {
  createMetricBuffer,
  MetricMemory,
  maxCells,
  viewMetrics,
} from "../../../src/core/metrics/metric-memory.ts";
import { cellsOfAll, Metrics } from "../../../src/core/metrics/metrics.ts";
import { sumMetrics } from "../../../src/core/metrics/summed-metrics.ts";
import { printMetrics } from "../../../src/observe/metrics/print-metrics.ts";

const printed = (...all: readonly MetricMemory[]) =>
  printMetrics(sumMetrics(all, []), "text").split("\n");

describe("metrics", () => {
  it("count, and sort values into buckets by their upper bounds", () => {
    const metrics = new Metrics();
    metrics.series("cache", "hit").add();
    metrics.series("cache", "hit").add(2);
    const durations = metrics.histogram("duration", "fast", "chat");
    for (const us of [5_000, 5_001, 400_000_000]) durations.observe(us);
    const lines = printed(metrics.memory);
    const labels = 'model="fast",operation="chat"';
    const buckets = lines.filter((line) => line.startsWith("parlance_request_duration_seconds_b"));
    expect(buckets.map((line) => line.split(" ")[1])).toEqual(
      ["1", ...Array.from({ length: 15 }, () => "2"), "3"], // and one beyond all bounds
    );
    expect(buckets[0]).toContain('le="0.005"');
    expect(buckets.at(-1)).toContain('le="+Inf"');
    expect(lines).toContain('parlance_cache_total{outcome="hit"} 3');
    expect(lines).toContain(`parlance_request_duration_seconds_sum{${labels}} 400.010001`);
    expect(lines).toContain(`parlance_request_duration_seconds_count{${labels}} 3`);
  });

  it("print what labels hold so that nothing of it is syntax", () => {
    const metrics = new Metrics();
    metrics.series("cost", 'a"b\\c\nd', "x".repeat(500)).add(1_500_000_000);
    expect(printed(metrics.memory)).toContain(
      `parlance_cost_usd_total{model="a\\"b\\\\c\\nd",target="${"x".repeat(128)}"} 1.5`,
    );
  });

  it("are summed over threads that share memory, whatever series each has", () => {
    const buffers = [createMetricBuffer(), createMetricBuffer()] as const;
    const [one, other] = buffers.map((buffer) => new Metrics(new MetricMemory(buffer)));
    const views = buffers.map(viewMetrics);
    const sum = () => printMetrics(sumMetrics(views, []), "text").split("\n");
    one?.series("cache", "miss").add();
    one?.series("cache", "hit").add(2);
    expect(sum()).toContain('parlance_cache_total{outcome="hit"} 2');
    other?.series("cache", "hit").add(3);
    expect(sum()).toContain('parlance_cache_total{outcome="hit"} 5');
    expect(sum()).toContain('parlance_cache_total{outcome="miss"} 1');
  });

  it("go on where a thread has ended that had the same memory", () => {
    const buffer = createMetricBuffer();
    const before = new Metrics(new MetricMemory(buffer));
    before.series("attempts", "sim/ä", "whole", "").add(4);
    before.histogram("firstToken", "fast", "sim/ä").observe(1_000_000);
    const after = new Metrics(new MetricMemory(buffer));
    after.series("attempts", "sim/ä", "whole", "").add();
    after.histogram("firstToken", "fast", "sim/ä").observe(2_000_000);
    after.series("attempts", "sim/ö", "whole", "").add();
    const lines = printed(new MetricMemory(buffer));
    expect(lines).toContain('parlance_attempts_total{target="sim/ä",status="whole",reason=""} 5');
    expect(lines).toContain('parlance_attempts_total{target="sim/ö",status="whole",reason=""} 1');
    expect(lines.find((line) => line.includes("first_token_seconds_sum"))).toMatch(/ 3$/);
  });

  it("keep the later of two traces for a bucket, and no newer one for a second", () => {
    const metrics = [new Metrics(), new Metrics()];
    const [one, other] = metrics.map((each) => each.histogram("duration", "fast", "chat"));
    const trace = (digit: string) => digit.repeat(32);
    one?.observe(1_000, { traceId: () => trace("a"), atMs: 10_000 });
    one?.observe(2_000, { traceId: () => trace("b"), atMs: 10_999 });
    other?.observe(3_000, { traceId: () => trace("c"), atMs: 10_500 });
    const memories = metrics.map(({ memory }) => memory);
    const first = printMetrics(sumMetrics(memories, []), "openmetrics")
      .split("\n")
      .find((line) => line.includes('le="0.005"'));
    expect(first).toMatch(new RegExp(`} 3 # {trace_id="${trace("c")}"} 0.003 10.500$`));
    expect(printMetrics(sumMetrics(memories, []), "text")).not.toContain("trace_id");
  });

  it("have room for all series that a thread may make", () => {
    // Those of `_other` are as many as the values of the other labels.
    expect(cellsOfAll() * 1.25).toBeLessThan(maxCells);
    const metrics = new Metrics(new MetricMemory(createMetricBuffer()));
    for (let at = 0; at < 5_000; at += 1) {
      const name = `${"ü".repeat(120)}${at}`;
      metrics.series("requests", name, name, "chat", "whole", "").add();
      metrics.histogram("duration", name, "chat").observe(1);
    }
    const lines = printed(metrics.memory);
    const requests = lines.filter((line) => line.startsWith("parlance_requests_total{"));
    expect(requests).toHaveLength(families.requests.maxSeries + 1);
    expect(requests.at(-1)).toBe(
      'parlance_requests_total{model="_other",target="_other",operation="chat",status="whole",reason=""} 1000',
    );
    const other = 'duration_seconds_count{model="_other",operation="chat"} 4600';
    expect(lines).toContain(`parlance_request_${other}`);
  });
});
