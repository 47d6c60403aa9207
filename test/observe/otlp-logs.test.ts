import { describe, expect, it, onTestFinished } from "vitest";
import { type LogRecord, SeverityNumber } from "../../gen/opentelemetry/proto/logs/v1/logs_pb.js";
import type { Notice } from "../../src/core/notice.ts";
import { startGateway } from "../../src/serve.ts";
import { callTrace } from "../../src/sinks/otlp/trace-context.ts";
import { createFakeClock } from "../fake-clock.ts";
import {
  advanceUntil,
  attributesOf,
  type Collector,
  collectors,
  hex,
  logsOf,
} from "./otlp-collector.ts";

const wallStartMs = Date.UTC(2026, 10, 30, 12);
const traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

async function start(observe: string) {
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
keys: [{ name: dev, value: { value: sk-dev }, tags: [web] }]
observe: ${observe}
`,
    world: {
      nowMs: clock.nowMs,
      schedule: clock.schedule,
      wallMs: () => wallStartMs + clock.nowMs(),
      notice: (notice) => void notices.push(notice),
    },
  });
  onTestFinished(() => gateway.close());
  const chat = async (model = "m", headers: Record<string, string> = {}) => {
    const reply = await fetch(`${gateway.url}/v1/chat/completions`, {
      method: "POST",
      headers: { "content-type": "application/json", authorization: "Bearer sk-dev", ...headers },
      body: JSON.stringify({ model, user: "eve", messages: [{ role: "user", content: "secret" }] }),
    });
    await reply.text();
    return reply.headers.get("x-parlance-call-id") ?? "";
  };
  const until = (holds: () => unknown) => advanceUntil(clock, holds);
  return { gateway, chat, until, notices };
}

const eventsOf = (collector: Collector) => logsOf(collector).map(({ eventName }) => eventName);
const calls = (collector: Collector): readonly LogRecord[] =>
  logsOf(collector).filter(({ eventName }) => eventName === "parlance.call");

/** What a call has, by how it ended. */
const ends: readonly (readonly [
  model: string,
  severity: SeverityNumber,
  body: string,
  attributes: object,
])[] = [
  [
    "m",
    SeverityNumber.INFO,
    "chat m whole",
    {
      "gen_ai.operation.name": "chat",
      "gen_ai.provider.name": "sim",
      "gen_ai.request.model": "m",
      "gen_ai.response.model": "lorem-5",
      "gen_ai.usage.input_tokens": expect.any(BigInt),
      "gen_ai.usage.output_tokens": expect.any(BigInt),
      "parlance.status": "whole",
      "parlance.principal": "dev",
      "parlance.end_user": "eve",
      "parlance.tags": ["web"],
      "parlance.target": "sim/lorem-5",
      "parlance.attempts": 1n,
      "parlance.cost.usd": expect.stringMatching(/^0\.0000\d+$/),
    },
  ],
  [
    "lost",
    SeverityNumber.ERROR,
    "chat lost broken UPSTREAM_UNREACHABLE",
    { "gen_ai.provider.name": "openai", "error.type": "UPSTREAM_UNREACHABLE" },
  ],
  [
    "nowhere",
    SeverityNumber.WARN,
    "chat nowhere broken UNKNOWN_MODEL",
    { "error.type": "UNKNOWN_MODEL", "parlance.attempts": 0n },
  ],
];

describe("calls are sent to a collector", () => {
  for (const [protocol, startCollector] of Object.entries(collectors))
    it(`by ${protocol}, as records within their spans, from a sink and from the log`, async () => {
      const [sink, log] = [await startCollector(), await startCollector()];
      const otlp = (url: string) => `{ otlp: { url: "${url}", protocol: ${protocol} } }`;
      const { chat, gateway } = await start(
        `{ log: ${otlp(log.url)}, sinks: [${otlp(sink.url)}] }`,
      );
      const ids: string[] = [];
      for (const [model] of ends) ids.push(await chat(model, { traceparent }));
      await gateway.close();
      for (const collector of [sink, log]) {
        const records = calls(collector);
        expect(records).toHaveLength(ends.length);
        for (const [at, [, severity, body, attributes]] of ends.entries()) {
          const record = records[at];
          const { traceId, spanId } = callTrace(ids[at] ?? "", traceparent);
          expect([record?.severityNumber, record?.body?.value.value]).toEqual([severity, body]);
          expect(attributesOf(record?.attributes ?? [])).toMatchObject({
            ...attributes,
            "parlance.call.id": ids[at],
          });
          expect([hex(record?.traceId), hex(record?.spanId)]).toEqual([traceId, spanId]);
          expect(record?.timeUnixNano).toBeGreaterThanOrEqual(BigInt(wallStartMs) * 1_000_000n);
        }
        expect(
          Buffer.concat(records.map(({ body }) => Buffer.from(String(body?.value.value)))),
        ).not.toContain("secret");
        const { resource } = collector.logs[0]?.resourceLogs[0] ?? {};
        expect(attributesOf(resource?.attributes ?? [])).toMatchObject({
          "service.name": "parlance",
        });
      }
    });

  it("with the strangers and the notices that a sink does not get, from some level on", async () => {
    const [sink, log] = [await collectors.HTTP_PROTOBUF(), await collectors.HTTP_PROTOBUF()];
    const { chat, gateway, until } = await start(
      `{ log: { level: WARN, otlp: { url: "${log.url}" } }, sinks: [{ name: pipe, otlp: { url: "${sink.url}" } }] }`,
    );
    sink.mode = "fails";
    await chat();
    await chat("m", { authorization: "Bearer sk-wrong" });
    await until(() => eventsOf(log).includes("parlance.sink_down"));
    sink.mode = "takes";
    await until(() => sink.logs.length > 0);
    await gateway.close();
    expect(calls(sink).map(({ body }) => body?.value.value)).toEqual(["chat m whole"]);
    expect(calls(log).map(({ severityText }) => severityText)).toEqual(["WARN"]);
    const down = logsOf(log).find(({ eventName }) => eventName === "parlance.sink_down");
    expect(down?.severityNumber).toBe(SeverityNumber.WARN);
    expect(attributesOf(down?.attributes ?? [])).toEqual({ "parlance.sink": "pipe" });
    // What works again is not serious enough.
    expect(eventsOf(log)).not.toContain("parlance.sink_up");
  });

  for (const [protocol, startCollector] of Object.entries(collectors))
    it(`by ${protocol}, and what it refuses is counted and not sent again`, async () => {
      const collector = await startCollector();
      const { chat, gateway, until, notices } = await start(
        `{ metrics: { public: true }, sinks: [{ otlp: { url: "${collector.url}", protocol: ${protocol} } }] }`,
      );
      collector.mode = "refuses";
      await chat();
      await chat();
      await until(() => notices.some(({ event }) => event === "sink_dropped"));
      collector.mode = "takes";
      collector.rejects = 1n;
      await chat();
      await chat();
      const asked = collector.asked;
      await until(() => collector.asked > asked);
      await gateway.close();
      const dropped = notices.filter(({ event }) => event === "sink_dropped");
      expect(dropped[0]?.details).toEqual({ sink: "otlp", dropped: 2 });
      expect(calls(collector)).toHaveLength(2);
    });
});
