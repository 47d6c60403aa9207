import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import fc from "fast-check";
import { describe, expect, it, onTestFinished } from "vitest";
import { type Span, Span_SpanKind } from "../../gen/opentelemetry/proto/trace/v1/trace_pb.js";
import type { Notice } from "../../src/core/notice.ts";
import { startGateway } from "../../src/serve.ts";
import { parseBaggage } from "../../src/sinks/otlp/baggage.ts";
import {
  attemptSpanId,
  callTrace,
  parseTraceparent,
  printTraceparent,
} from "../../src/sinks/otlp/trace-context.ts";
import { createFakeClock } from "../fake-clock.ts";
import {
  advanceUntil,
  attributesOf,
  type Collector,
  collectors,
  hex,
  spansOf,
} from "./otlp-collector.ts";

const { HTTP_PROTOBUF: startHttpCollector } = collectors;

async function listening(server: ReturnType<typeof createServer>) {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => void server.close());
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`; // it listens on TCP
}

async function start(collector: Collector, tracing = "", protocol = "HTTP_PROTOBUF") {
  const clock = createFakeClock();
  const notices: Notice[] = [];
  const gateway = await startGateway({
    port: 0,
    config: `
providers:
  sim: { kind: sim }
  gone: { kind: openai, base_url: "http://127.0.0.1:9", api_key: { value: k } }
models:
  - name: m
    targets: [{ model: sim/echo, facts: { prices: { tokens: { input: "1", output: "4" } } } }]
  - name: saved
    strategy: PRIORITY
    targets: [{ model: gone/gpt-5, order: 1 }, { model: sim/echo, order: 2 }]
  - { name: lost, targets: [{ model: gone/gpt-5 }], retry: { attempts: 1 } }
keys: [{ name: dev, value: { value: sk-dev }, tags: [web] }]
observe:
  tracing:
    otlp: { url: "${collector.url}", protocol: ${protocol}, headers: { authorization: { value: Bearer-secret } }, resource: { deployment.environment.name: test } }
    ${tracing}
`,
    world: {
      nowMs: clock.nowMs,
      schedule: clock.schedule,
      wallMs: () => Date.UTC(2026, 10, 30, 12) + clock.nowMs(),
      notice: (notice) => void notices.push(notice),
    },
  });
  onTestFinished(() => gateway.close());
  const chat = async (model = "m", headers: Record<string, string> = {}, body: object = {}) => {
    const reply = await fetch(`${gateway.url}/v1/chat/completions`, {
      method: "POST",
      headers: { "content-type": "application/json", authorization: "Bearer sk-dev", ...headers },
      body: JSON.stringify({
        model,
        messages: [{ role: "user", content: "secret words" }],
        ...body,
      }),
    });
    await reply.text();
    return reply.headers.get("x-parlance-call-id") ?? "";
  };
  const until = (holds: () => unknown) => advanceUntil(clock, holds);
  return { gateway, chat, until, notices };
}

describe("the spans of a call", () => {
  for (const [protocol, startCollector] of Object.entries(collectors)) {
    it(`are sent by ${protocol}, with what the conventions name, without content`, async () => {
      const collector = await startCollector();
      const { chat, gateway } = await start(collector, "", protocol);
      const id = await chat("m", {}, { user: "eve" });
      await gateway.close();
      const [call, attempt, ...more] = spansOf(collector);
      expect(more).toEqual([]);
      expect(call).toMatchObject({ name: "chat m", kind: Span_SpanKind.SERVER });
      expect(attempt).toMatchObject({ name: "chat echo", kind: Span_SpanKind.CLIENT });
      const { traceId, spanId } = callTrace(id, undefined);
      expect(hex(call?.traceId)).toBe(traceId);
      expect(hex(attempt?.traceId)).toBe(traceId);
      expect(hex(attempt?.parentSpanId)).toBe(spanId);
      expect(call?.parentSpanId).toHaveLength(0);
      expect(attributesOf(call?.attributes ?? [])).toMatchObject({
        "gen_ai.operation.name": "chat",
        "gen_ai.request.model": "m",
        "gen_ai.response.model": "echo",
        "gen_ai.usage.input_tokens": expect.any(BigInt),
        "gen_ai.usage.output_tokens": expect.any(BigInt),
        "parlance.call.id": id,
        "parlance.principal": "dev",
        "parlance.end_user": "eve",
        "parlance.tags": ["web"],
        "parlance.cost.usd": expect.stringMatching(/^0\.0000\d+$/),
      });
      expect(attributesOf(attempt?.attributes ?? [])).toMatchObject({
        "gen_ai.provider.name": expect.any(String),
        "gen_ai.request.model": "echo",
        "parlance.provider": "sim",
      });
      const [request] = collector.traces;
      const resource = attributesOf(request?.resourceSpans[0]?.resource?.attributes ?? []);
      expect(resource).toMatchObject({
        "service.name": "parlance",
        "service.instance.id": expect.stringMatching(/^[0-9a-f-]{36}$/),
        "deployment.environment.name": "test",
      });
      expect(collector.headers[0]).toMatchObject({ authorization: "Bearer-secret" });
      expect(JSON.stringify(spansOf(collector), replaceBigint)).not.toContain("secret words");
    });

    it(`wait for a collector that fails, by ${protocol}`, async () => {
      const collector = await startCollector();
      collector.mode = "fails";
      const { chat, until, notices } = await start(collector, "", protocol);
      await chat();
      await until(() => notices.some(({ event }) => event === "sink_down"));
      collector.mode = "takes";
      await until(() => spansOf(collector).length === 2);
      expect(notices.map(({ message }) => message).join()).not.toContain("Bearer-secret");
    });
  }

  it("have one for each attempt, within the time of the call", async () => {
    const collector = await startHttpCollector();
    const { chat, gateway } = await start(collector);
    await chat("saved");
    await gateway.close();
    const [call, ...attempts] = spansOf(collector);
    expect(attempts.length).toBeGreaterThan(1);
    expect(new Set(attempts.map(({ spanId }) => hex(spanId))).size).toBe(attempts.length);
    expect(attributesOf(attempts[0]?.attributes ?? [])).toMatchObject({
      "gen_ai.provider.name": "openai",
      "error.type": expect.any(String),
    });
    expect(call?.status?.message).toBe("");
    for (const { startTimeUnixNano, endTimeUnixNano } of attempts) {
      expect(startTimeUnixNano).toBeGreaterThanOrEqual(call?.startTimeUnixNano ?? 0n);
      expect(endTimeUnixNano).toBeGreaterThanOrEqual(startTimeUnixNano);
      expect(endTimeUnixNano).toBeLessThanOrEqual(call?.endTimeUnixNano ?? 0n);
    }
  });

  it("are within the caller's span, which decides whether they are sent", async () => {
    const collector = await startHttpCollector();
    const { chat, gateway } = await start(collector);
    const trace = "0af7651916cd43dd8448eb211c80319c";
    await chat("m", { traceparent: `00-${trace}-b7ad6b7169203331-01` });
    await chat("m", { traceparent: `00-${trace}-b7ad6b7169203332-00` });
    await gateway.close();
    const [call, ...attempts] = spansOf(collector);
    expect(attempts).toHaveLength(1);
    expect(hex(call?.traceId)).toBe(trace);
    expect(hex(call?.parentSpanId)).toBe("b7ad6b7169203331");
  });

  it("are sent of a sample, and of all calls that fail", async () => {
    const collector = await startHttpCollector();
    const { chat, gateway } = await start(collector, "sample_percent: 20");
    await Promise.all(Array.from({ length: 100 }, () => chat()));
    const failed = await chat("lost");
    await gateway.close();
    const calls = spansOf(collector).filter(({ kind }) => kind === Span_SpanKind.SERVER);
    const ids = calls.map(({ attributes }) => attributesOf(attributes)["parlance.call.id"]);
    expect(ids).toContain(failed);
    expect(ids.length).toBeGreaterThan(3);
    expect(ids.length).toBeLessThan(60);
    expect(attributesOf(calls.at(-1)?.attributes ?? [])).toMatchObject({
      "error.type": expect.any(String),
    });
  });
});

describe("what is said in a call", () => {
  const messages = [
    { role: "system", content: "be kind" },
    { role: "user", content: "secret words" },
    {
      role: "assistant",
      tool_calls: [{ id: "1", type: "function", function: { name: "look", arguments: "{}" } }],
    },
    { role: "tool", tool_call_id: "1", content: "found" },
    { role: "user", content: "and now?" },
  ];
  const contentOf = ({ attributes }: Span) =>
    Object.entries(attributesOf(attributes)).filter(([key]) =>
      /messages|instructions|finish|content/.test(key),
    );

  for (const stream of [true, false])
    it(`is on its span alone, where that is configured, with stream: ${stream}`, async () => {
      const collector = await startHttpCollector();
      const { chat, gateway } = await start(collector, "content: true");
      await chat("m", {}, { stream, messages });
      await gateway.close();
      const [call, ...attempts] = spansOf(collector);
      expect(attempts.map(contentOf)).toEqual([[]]);
      const found = Object.fromEntries(call === undefined ? [] : contentOf(call));
      expect(found["gen_ai.response.finish_reasons"]).toEqual(["stop"]);
      const read = (name: string) => JSON.parse(String(found[name])) as unknown;
      const text = (content: string) => ({ type: "text", content });
      expect(read("gen_ai.system_instructions")).toEqual([text("be kind")]);
      expect(read("gen_ai.input.messages")).toEqual([
        { role: "user", parts: [text("secret words")] },
        { role: "assistant", parts: [text("[calls look]")] },
        { role: "tool", parts: [{ type: "tool_call_response", response: "found" }] },
        { role: "user", parts: [text("and now?")] },
      ]);
      expect(read("gen_ai.output.messages")).toEqual([
        { role: "assistant", parts: [text(expect.any(String))], finish_reason: "stop" },
      ]);
    });

  it("is no more of the end of the prompt, and of the answer, than is configured", async () => {
    const collector = await startHttpCollector();
    const { chat, gateway } = await start(
      collector,
      "content: true, content_bytes: 5".replace(", ", "\n    "),
    );
    await chat("m", {}, { messages: [{ role: "user", content: "x".repeat(9_000) }] });
    await gateway.close();
    const [call] = spansOf(collector);
    const { "parlance.content.cut": cut, ...all } = attributesOf(call?.attributes ?? []);
    expect(cut).toBe(true);
    expect(all["gen_ai.input.messages"]).toBe(
      '[{"role":"user","parts":[{"type":"text","content":"xxxxx"}]}]',
    );
    expect(String(all["gen_ai.output.messages"]).length).toBeLessThan(110);
  });
});

describe("a baggage", () => {
  const allowed = new Set(["tenant", "plan"]);
  const rows: readonly (readonly [baggage: string | undefined, members: object])[] = [
    ["tenant=acme, plan = pro ;ttl=1, other=1", { tenant: "acme", plan: "pro" }],
    ["tenant=a%20b%C3%A4%3D", { tenant: "a bä=" }],
    ["tenant=%FF", { tenant: "\ufffd" }],
    ["tenant=one,tenant=two", { tenant: "two" }],
    ["tenant=", { tenant: "" }],
    ["tenant", {}],
    ["=acme", {}],
    ['tenant="quoted"', {}],
    ["tenant=with space", {}],
    ["tenant=acme, \u00e4=1,,,plan=pro", { tenant: "acme", plan: "pro" }],
    [
      `tenant=acme,${Array.from({ length: 63 }, (_, at) => `k${at}=1`).join(",")}`,
      { tenant: "acme" },
    ],
    [`tenant=acme,${Array.from({ length: 64 }, (_, at) => `k${at}=1`).join(",")}`, {}],
    [`tenant=${"a".repeat(8_185)}`, { tenant: "a".repeat(8_185) }],
    [`tenant=${"a".repeat(8_186)}`, {}],
    ["", {}],
    [undefined, {}],
  ];
  for (const [baggage, members] of rows)
    it(`has of what is allowed: ${String(baggage).slice(0, 40)} (${baggage?.length})`, () => {
      const read = parseBaggage(baggage, allowed);
      expect(Object.fromEntries(read.map(({ key, value }) => [key, value]))).toEqual(members);
    });

  it("never throws", () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 60 }), (text) => {
        expect(parseBaggage(`tenant=${text}`, allowed).length).toBeLessThanOrEqual(2);
      }),
    );
  });

  it("is on spans as far as it is configured, and says nothing that the gateway says", async () => {
    const collector = await startHttpCollector();
    const { chat, gateway } = await start(collector, "baggage: [tenant, gen_ai.request.model]");
    await chat("m", { baggage: "tenant=acme,gen_ai.request.model=forged,user=eve" });
    await gateway.close();
    const spans = spansOf(collector).map(({ attributes }) => attributesOf(attributes));
    expect(spans.map(({ tenant }) => tenant)).toEqual(["acme", "acme"]);
    expect(spans.map((all) => all["gen_ai.request.model"])).toEqual(["m", "echo"]);
    expect(spans.filter((all) => "user" in all)).toEqual([]);
  });
});

describe("vendors", () => {
  for (const propagate of [true, false])
    it(`${propagate ? "are told" : "hear nothing"} of the span of their attempt with propagate: ${propagate}`, async () => {
      const heard: (readonly unknown[])[] = [];
      const vendor = createServer((request, response) => {
        const { traceparent, tracestate, baggage } = request.headers;
        heard.push([traceparent, tracestate, baggage]);
        request.resume();
        response.writeHead(503).end();
      });
      const url = await listening(vendor);
      const gateway = await startGateway({
        port: 0,
        config: `
providers: { far: { kind: openai_compatible, base_url: "${url}/v1" } }
models: [{ name: m, targets: [{ model: far/m }], retry: { attempts: 2, max_delay: 0.001s } }]
observe: { tracing: { otlp: { url: "${url}" }, propagate: ${propagate}, baggage: [tenant] } }
`,
      });
      onTestFinished(() => gateway.close());
      const trace = "0af7651916cd43dd8448eb211c80319c";
      const reply = await fetch(`${gateway.url}/v1/chat/completions`, {
        method: "POST",
        headers: {
          "content-type": "application/json",
          traceparent: `00-${trace}-b7ad6b7169203331-01`,
          tracestate: "vendor=1",
          baggage: "user=eve,tenant=acme;ttl=1",
        },
        body: JSON.stringify({ model: "m", messages: [{ role: "user", content: "x" }] }),
      });
      await reply.text();
      const ids = callTrace(
        reply.headers.get("x-parlance-call-id") ?? "",
        `00-${trace}-b7ad6b7169203331-01`,
      );
      const expected = [0, 1].map((at) =>
        propagate
          ? [printTraceparent(ids, at), "vendor=1", "tenant=acme;ttl=1"]
          : [undefined, undefined, undefined],
      );
      // Spans are sent to the same place.
      expect(heard.slice(0, 2)).toEqual(expected);
    });
});

function replaceBigint(_name: string, value: unknown): unknown {
  return typeof value === "bigint" ? String(value) : value;
}

describe("a traceparent", () => {
  const trace = "0af7651916cd43dd8448eb211c80319c";
  const span = "b7ad6b7169203331";
  const rows: readonly (readonly [text: string | undefined, read: object | undefined])[] = [
    [`00-${trace}-${span}-01`, { traceId: trace, spanId: span, sampled: true }],
    [`00-${trace}-${span}-00`, { traceId: trace, spanId: span, sampled: false }],
    [`cc-${trace}-${span}-03-more`, { traceId: trace, spanId: span, sampled: true }],
    [`00-${trace}-${span}-01-more`, undefined],
    [`ff-${trace}-${span}-01`, undefined],
    [`00-${"0".repeat(32)}-${span}-01`, undefined],
    [`00-${trace}-${"0".repeat(16)}-01`, undefined],
    [`00-${trace.toUpperCase()}-${span}-01`, undefined],
    ["", undefined],
    [undefined, undefined],
  ];
  for (const [text, read] of rows)
    it(`${text} is ${read === undefined ? "none" : "read"}`, () =>
      expect(parseTraceparent(text)).toEqual(read));

  it("that is printed is read as the span of the attempt, whatever ids the call has", () => {
    fc.assert(
      fc.property(fc.string(), fc.nat(1_000), (callId, at) => {
        const call = callTrace(callId, undefined);
        const read = parseTraceparent(printTraceparent(call, at));
        expect(read).toEqual({
          traceId: call.traceId,
          spanId: attemptSpanId(call, at),
          sampled: true,
        });
        expect(read?.spanId).not.toBe(call.spanId);
      }),
    );
  });
});
