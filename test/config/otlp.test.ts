import { describe, expect, it } from "vitest";
import { loadConfig } from "../../src/config/loading/load-config.ts";

const load = (observe: string, env = {}, lookUps = true) =>
  loadConfig(
    { text: `providers: { sim: { kind: sim } }\nobserve: ${observe}`, filename: "c.yaml" },
    env,
    () => "",
    { lookUps },
  );

function otlpOf(observe: string, env = {}) {
  const loaded = load(observe, env);
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.violations));
  const { tracing, metricsOtlp } = loaded.settings;
  const { url, protocol, headers, resource } = tracing ?? metricsOtlp ?? {};
  return {
    url,
    protocol,
    headers: Object.fromEntries([...(headers ?? [])].map(([name, one]) => [name, one.reveal()])),
    resource: Object.fromEntries(resource ?? []),
    ...(metricsOtlp && {
      intervalMs: metricsOtlp.intervalMs,
      temporality: metricsOtlp.temporality,
    }),
  };
}

const endpoint = { OTEL_EXPORTER_OTLP_ENDPOINT: "http://collector:4318/" };
const none = { headers: {}, resource: {} };

describe("a collector", () => {
  const rows: readonly (readonly [title: string, observe: string, env: object, found: object])[] = [
    [
      "of the config, with the defaults",
      '{ metrics: { otlp: { url: "http://c:4318" } } }',
      {},
      {
        ...{ url: "http://c:4318/v1/metrics", protocol: "http", ...none },
        ...{ intervalMs: 60_000, temporality: "cumulative" },
      },
    ],
    [
      "that speaks gRPC, by its address alone",
      '{ metrics: { otlp: { url: "http://c:4317", protocol: GRPC, interval: 5s, temporality: DELTA } } }',
      {},
      {
        ...{ url: "http://c:4317", protocol: "grpc", ...none },
        ...{ intervalMs: 5_000, temporality: "delta" },
      },
    ],
    [
      "of the environment, with all that it says",
      "{ metrics: { otlp: {} } }",
      {
        ...endpoint,
        OTEL_EXPORTER_OTLP_PROTOCOL: "http/protobuf",
        OTEL_EXPORTER_OTLP_HEADERS: "API-Key=a%20b, x-tenant = t ,nonsense",
        OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE: "delta",
        OTEL_SERVICE_NAME: "gate",
        OTEL_RESOURCE_ATTRIBUTES: "service.name=other,region=n%C3%B6rd,bad=%E0%A4%A",
      },
      {
        url: "http://collector:4318/v1/metrics",
        protocol: "http",
        headers: { "api-key": "a b", "x-tenant": "t" },
        resource: { "service.name": "gate", region: "nörd", bad: "%E0%A4%A" },
        ...{ intervalMs: 60_000, temporality: "delta" },
      },
    ],
    [
      "of the environment for spans alone, whose address is whole",
      "{ tracing: { otlp: {} } }",
      { ...endpoint, OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: "http://spans:1/in" },
      { url: "http://spans:1/in", protocol: "http", ...none },
    ],
    [
      "of the config, which gets no header that is for that of the environment",
      '{ tracing: { otlp: { url: "http://c:1", resource: { service.name: mine } } } }',
      {
        ...endpoint,
        OTEL_EXPORTER_OTLP_HEADERS: "api-key=secret",
        OTEL_EXPORTER_OTLP_PROTOCOL: "grpc",
        OTEL_SERVICE_NAME: "gate",
      },
      {
        ...{ url: "http://c:1/v1/traces", protocol: "http", headers: {} },
        resource: { "service.name": "mine" },
      },
    ],
  ];
  for (const [title, observe, env, found] of rows)
    it(title, () => expect(otlpOf(observe, env)).toEqual(found));

  const refused: readonly (readonly [observe: string, env: object, message: string])[] = [
    ["{ tracing: { otlp: {} } }", {}, "OTEL_EXPORTER_OTLP_ENDPOINT is not set"],
    ['{ tracing: { otlp: { url: "c:4318" } } }', {}, "is not an http or https URL"],
    [
      "{ metrics: { otlp: {} } }",
      { ...endpoint, OTEL_EXPORTER_OTLP_PROTOCOL: "http/json" },
      "is by OTEL_EXPORTER_OTLP_PROTOCOL one that is not spoken",
    ],
    [
      '{ metrics: { disabled: true, otlp: { url: "http://c" } } }',
      {},
      "has nothing to send, for nothing is counted",
    ],
    ['{ metrics: { otlp: { url: "http://c", interval: 0.5s } } }', {}, "interval"],
    [
      '{ tracing: { otlp: { url: "http://c" }, content_bytes: 5 } }',
      {},
      "says how much of what nothing is put on spans",
    ],
    ['{ tracing: { otlp: { url: "http://c" }, baggage: ["a b"] } }', {}, "baggage[0]"],
  ];
  for (const [observe, env, message] of refused)
    it(`is refused: ${observe} with ${Object.keys(env).length} variables`, () => {
      const loaded = load(observe, env);
      const said = loaded.ok ? [] : loaded.violations.map((one) => `${one.path}: ${one.message}`);
      expect(said).toEqual([expect.stringContaining(message)]);
    });

  it("of the environment is not looked up for whoever only asks about a config", () => {
    const loaded = load("{ tracing: { otlp: {} } }", endpoint, false);
    expect(loaded.ok).toBe(true);
    expect(JSON.stringify(loaded.ok && loaded.settings.tracing)).not.toContain("collector");
  });
});
