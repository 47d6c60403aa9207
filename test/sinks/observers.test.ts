import { createServer, type IncomingHttpHeaders } from "node:http";
import type { AddressInfo } from "node:net";
import { buffer } from "node:stream/consumers";
import { fromBinary } from "@bufbuild/protobuf";
import { describe, expect, it, onTestFinished } from "vitest";
import { ExportTraceServiceRequestSchema } from "../../gen/opentelemetry/proto/collector/trace/v1/trace_service_pb.js";
import { startGateway } from "../../src/serve.ts";
import { createFakeClock } from "../fake-clock.ts";

interface Sent {
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

/** A server in place of the vendors, whose next replies have these statuses; then 202. */
async function startObserver(statuses: number[] = []) {
  const sent: Sent[] = [];
  let tries = 0;
  const server = createServer((request, response) => {
    void buffer(request).then((body) => {
      tries += 1;
      const status = statuses.shift() ?? 202;
      if (status < 300) sent.push({ path: request.url ?? "", headers: request.headers, body });
      response.writeHead(status).end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo; // it listens on TCP
  return { sent, tries: () => tries, url: `http://127.0.0.1:${port}` };
}

async function startSending(sink: string) {
  const clock = createFakeClock();
  const gateway = await startGateway({
    port: 0,
    config: `
providers: { sim: { kind: sim } }
models: [{ name: m, targets: [{ model: sim/echo, facts: { prices: { tokens: { input: "1", output: "4" } } } }] }]
keys: [{ name: dev, value: { value: sk-dev }, tags: [web] }]
observe: { sinks: [${sink}] }
`,
    world: {
      nowMs: clock.nowMs,
      schedule: clock.schedule,
      wallMs: () => Date.UTC(2026, 10, 30, 12) + clock.nowMs(),
    },
  });
  onTestFinished(() => gateway.close());
  const chat = async (body: object = {}, headers: Record<string, string> = {}) => {
    const reply = await fetch(`${gateway.url}/v1/chat/completions`, {
      method: "POST",
      headers: { "content-type": "application/json", authorization: "Bearer sk-dev", ...headers },
      body: JSON.stringify({
        model: "m",
        messages: [{ role: "user", content: "secret words" }],
        ...body,
      }),
    });
    await reply.text();
    return reply.headers.get("x-parlance-call-id") ?? "";
  };
  return { gateway, clock, chat };
}

const traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

describe("calls are sent to Langfuse", () => {
  const langfuse = (url: string, more = "") =>
    `{ langfuse: { public_key: { value: pk }, secret_key: { value: sk }, url: "${url}/"${more} } }`;
  const spansOf = (sent: readonly Sent[]) =>
    sent.flatMap(({ body }) =>
      fromBinary(ExportTraceServiceRequestSchema, body).resourceSpans.flatMap(({ scopeSpans }) =>
        scopeSpans.flatMap(({ spans }) =>
          spans.map(({ attributes, traceId, spanId, name }) => ({
            name,
            ids: [traceId, spanId].map((id) => Buffer.from(id).toString("hex")),
            attributes: Object.fromEntries(
              attributes.map(({ key, value }) => [key, value?.value.value]),
            ),
          })),
        ),
      ),
    );

  it("as generations, by its endpoint for OpenTelemetry, without content", async () => {
    const observer = await startObserver();
    const { chat, gateway } = await startSending(langfuse(observer.url));
    const id = await chat({ user: "eve" }, { traceparent });
    await chat({ model: "nowhere" });
    await gateway.close();
    expect(observer.sent[0]).toMatchObject({
      path: "/api/public/otel/v1/traces",
      headers: {
        authorization: `Basic ${Buffer.from("pk:sk").toString("base64")}`,
        "x-langfuse-ingestion-version": "4",
      },
    });
    const [one, failed] = spansOf(observer.sent);
    expect(one?.name).toBe("m");
    expect(one?.ids).toEqual([
      "0af7651916cd43dd8448eb211c80319c",
      id.replaceAll("-", "").slice(16),
    ]);
    expect(one?.attributes).toMatchObject({
      "langfuse.observation.type": "generation",
      "langfuse.user.id": "eve",
      "langfuse.observation.model.name": "echo",
      "langfuse.observation.metadata.key": "dev",
      "langfuse.observation.metadata.call_id": id,
      "langfuse.observation.level": "DEFAULT",
    });
    const json = (name: string) => JSON.parse(String(one?.attributes[name]));
    const usage = json("langfuse.observation.usage_details");
    expect(usage.total).toBe(usage.input + usage.output);
    expect(json("langfuse.observation.cost_details").total).toBeCloseTo(
      (usage.input + 4 * usage.output) / 1e6,
      12,
    );
    expect(failed?.attributes).toMatchObject({
      "langfuse.observation.level": "ERROR",
      "langfuse.observation.status_message": "UNKNOWN_MODEL",
    });
    expect(String(observer.sent[0]?.body)).not.toContain("secret words");
  });

  it("with what was said where it is to have that, and again with the same ids", async () => {
    const observer = await startObserver([503]);
    const { chat, clock } = await startSending(langfuse(observer.url, ", content_bytes: 60"));
    const id = await chat({}, { traceparent });
    await expect
      .poll(
        () => {
          clock.advance(1_000);
          return spansOf(observer.sent).length;
        },
        { timeout: 60_000 },
      )
      .toBe(1);
    const [one] = spansOf(observer.sent);
    expect(observer.tries()).toBe(2);
    expect(one?.ids[1]).toBe(id.replaceAll("-", "").slice(16));
    expect(one?.attributes).toMatchObject({
      "langfuse.observation.input": '[{"role":"user","content":"secret words"}]',
      "langfuse.observation.output": '{"role":"assistant","content":"secret words"}',
    });
  });
});

describe("calls are sent to Datadog", () => {
  const datadog = (url: string, more = "") =>
    `{ datadog: { api_key: { value: dd-secret }, service: shop, tags: ["env:test"], url: "${url}"${more} } }`;
  const bodies = (sent: readonly Sent[], path: string) =>
    sent.filter((one) => one.path === path).map(({ body }) => JSON.parse(String(body)));

  it("as logs, and as spans of LLM Observability with content where they are to have that", async () => {
    const observer = await startObserver();
    const { chat, gateway } = await startSending(datadog(observer.url, ", content_bytes: 60"));
    const id = await chat({ user: "eve" });
    await chat({ model: "nowhere" });
    await gateway.close();
    for (const { headers } of observer.sent) expect(headers["dd-api-key"]).toBe("dd-secret");
    const [logs] = bodies(observer.sent, "/api/v2/logs");
    expect(logs).toMatchObject([
      {
        ddsource: "parlance",
        ddtags: "env:test",
        service: "shop",
        status: "info",
        call: { call_id: id, key: "dev", end_user: "eve" },
      },
      { status: "error", call: { reason: "UNKNOWN_MODEL" } },
    ]);
    expect(JSON.stringify(logs)).not.toContain("secret words");
    const [spans] = bodies(observer.sent, "/api/intake/llm-obs/v1/trace/spans");
    expect(spans).toMatchObject({
      data: {
        type: "span",
        attributes: {
          ml_app: "shop",
          tags: ["env:test"],
          spans: [
            {
              parent_id: "undefined",
              trace_id: expect.stringMatching(/^\d+$/),
              span_id: expect.stringMatching(/^\d+$/),
              name: "m",
              status: "ok",
              tags: ["env:test", "service:shop", "tag:web"],
              meta: {
                kind: "llm",
                model_name: "echo",
                input: { messages: [{ role: "user", content: "secret words" }] },
                output: { messages: [{ role: "assistant", content: "secret words" }] },
                metadata: { call_id: id, key: "dev" },
              },
              metrics: { input_tokens: expect.any(Number), total_cost: expect.any(Number) },
            },
            { status: "error", meta: { error: { type: "UNKNOWN_MODEL" } } },
          ],
        },
      },
    });
  });

  it("as one of the two", async () => {
    const observer = await startObserver();
    const { chat, gateway } = await startSending(datadog(observer.url, ", llm: false"));
    await chat();
    await gateway.close();
    expect(observer.sent.map(({ path }) => path)).toEqual(["/api/v2/logs"]);
  });
});

it("a config of an observer that cannot be used is refused with its place", async () => {
  const start = (sink: string) =>
    startGateway({ port: 0, config: `providers: {}\nobserve: { sinks: [{ ${sink} }] }` });
  await expect(start("langfuse: { public_key: { value: a } }")).rejects.toThrow(
    "observe.sinks[0].langfuse.secret_key",
  );
  await expect(
    start("datadog: { api_key: { value: a }, logs: false, llm: false }"),
  ).rejects.toThrow("observe.sinks[0].datadog.llm: leaves nothing to send beside logs: false");
  await expect(
    start("datadog: { api_key: { value: a }, content_bytes: 9 }, spool: {}"),
  ).rejects.toThrow("observe.sinks[0].spool: would write what is said in calls to disk");
});
