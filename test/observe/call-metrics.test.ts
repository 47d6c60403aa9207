import { describe, expect, it } from "vitest";
import { ErrorReason } from "../../gen/parlance/error/v1/error_reason_pb.js";
import { loadConfig } from "../../src/config/loading/load-config.ts";
import { OpenAttempt } from "../../src/core/attempt-record.ts";
import type { CallRecord } from "../../src/core/ledger/call-record.ts";
import { Metrics } from "../../src/core/metrics/metrics.ts";
import { sumMetrics } from "../../src/core/metrics/summed-metrics.ts";
import { nothing } from "../../src/core/money/cost.ts";
import { createCallMetrics } from "../../src/observe/metrics/call-metrics.ts";
import { printMetrics } from "../../src/observe/metrics/print-metrics.ts";
import { readSamples, sumOf } from "./read-samples.ts";

const config = `
providers: { sim: { kind: sim } }
models: [{ name: fast, targets: [{ model: sim/echo }] }]
`;

function counted() {
  const loaded = loadConfig({ text: config, filename: "c.yaml" }, {}, () => "");
  if (!loaded.ok) throw new Error("the config is wrong");
  const metrics = new Metrics();
  const options = {
    metrics,
    settings: () => loaded.settings,
    wallMs: () => 1_000_000,
    nameProvider: (name: string) => name,
  };
  const samples = () => readSamples(printMetrics(sumMetrics([metrics.memory], []), "text"));
  return { ...createCallMetrics(options), samples };
}

const times = { queueMs: 0, policyMs: 1, translateMs: 0, upstreamMs: 1, writeMs: 0 };

function call(name: string, reason?: ErrorReason): CallRecord {
  const attempt = new OpenAttempt({ provider: "sim", model: name }, () => 0);
  const fault = reason === undefined ? undefined : { reason, message: "" };
  attempt.ended(fault === undefined ? { kind: "whole" } : { kind: "broken", fault });
  return {
    callId: "1",
    operation: "chat",
    stream: false,
    model: name === "echo" ? "fast" : `sim/${name}`,
    principal: name,
    clientAddress: "",
    attempts: [attempt],
    rules: [],
    arm: undefined,
    durationMs: 2,
    usage: undefined,
    fault,
    callerGone: false,
    cost: nothing,
    times,
    firstTokenUs: 1_000,
  };
}

describe("the metrics of calls", () => {
  it("stay as few as they are for a hundred thousand models, targets and keys", () => {
    const { record, samples } = counted();
    for (let at = 0; at < 100_000; at += 1) record(call(`made-up-${at}`));
    record(call("echo"));
    const all = samples();
    expect(all.size).toBeLessThan(15_000);
    expect(sumOf(all, "parlance_requests_total")).toBe(100_001);
    const ends = 'operation="chat",status="whole",reason=""';
    const other = `parlance_requests_total{model="_other",target="_other",${ends}}`;
    expect(all.get(other)).toBe(100_000 - 200);
    // What the config has is never among the others.
    expect(all.get(`parlance_requests_total{model="fast",target="sim/echo",${ends}}`)).toBe(1);
    expect([...all.keys()].join("\n").length).toBeLessThan(2_000_000);
  });

  it("name no model that there is not", () => {
    const { record, samples } = counted();
    for (let at = 0; at < 100; at += 1)
      record(call(`made-up-${at}`, ErrorReason.UPSTREAM_NOT_FOUND));
    expect([...samples().keys()].filter((name) => name.includes("made-up"))).toEqual([]);
    expect(sumOf(samples(), "parlance_attempts_total")).toBe(100);
  });

  it("count what is under way, from nothing where a thread begins anew", () => {
    const { underWay, samples } = counted();
    underWay(1);
    underWay(1);
    underWay(-1);
    expect(samples().get("parlance_in_flight")).toBe(1);
  });
});
