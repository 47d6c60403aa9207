import { createClient, type Transport } from "@connectrpc/connect";
import {
  createConnectTransport,
  createGrpcTransport,
  createGrpcWebTransport,
} from "@connectrpc/connect-node";
import { describe, expect, it, onTestFinished } from "vitest";
import { Span_SpanKind } from "../../gen/opentelemetry/proto/trace/v1/trace_pb.js";
import { ChatService } from "../../gen/parlance/chat/v1/chat_service_pb.js";
import { startGateway } from "../../src/serve.ts";
import { type Collector, collectors, hex, spansOf } from "./otlp-collector.ts";

async function start(collector?: Collector, samplePercent = 100) {
  const tracing = collector && {
    otlp: { url: collector.url },
    sample_percent: samplePercent,
  };
  const gateway = await startGateway({
    port: 0,
    config: JSON.stringify({
      providers: {
        sim: { kind: "sim" },
        gone: { kind: "openai", base_url: "http://127.0.0.1:9", api_key: { value: "k" } },
      },
      models: [
        { name: "m", targets: [{ model: "sim/echo" }] },
        { name: "lost", targets: [{ model: "gone/gpt-5" }], retry: { attempts: 1 } },
      ],
      keys: [{ name: "dev", value: { value: "sk-dev" } }],
      observe: { ...(tracing && { tracing }) },
    }),
  });
  onTestFinished(() => gateway.close());
  return gateway;
}

describe("callers", () => {
  const parts = /^policy;dur=[\d.]+(, translate;dur=[\d.]+)?(, upstream;dur=[\d.]+)?/;
  const { chats, metadataOf } = typedCallers();

  it("are told of their span and of where the time went, in every protocol", async () => {
    const collector = await collectors.HTTP_PROTOBUF();
    const gateway = await start(collector);
    const heads = new Map<string, Headers>();
    for (const [model, stream] of [
      ["m", false],
      ["lost", false],
      ["m", true],
    ] as const)
      heads.set(`REST ${model} ${stream}`, (await post(gateway, { model, stream })).headers);
    for (const [name, transport] of Object.entries(chats(gateway.url)))
      for (const stream of [false, true])
        heads.set(`${name} ${stream}`, (await metadataOf(transport, stream)).head);
    await gateway.close();
    const calls = spansOf(collector).filter(({ kind }) => kind === Span_SpanKind.SERVER);
    const spans = calls.map(({ traceId, spanId }) => `00-${hex(traceId)}-${hex(spanId)}-01`);
    const told = Array.from(heads.values(), (headers) => headers.get("traceparent"));
    expect(told.toSorted()).toEqual(spans.toSorted());
    for (const [way, headers] of heads) {
      // A stream of RPC says it in trailers, when it is over.
      if (/^(?:connect|grpc).* true/.test(way)) continue;
      const timing = headers.get("server-timing") ?? "";
      expect([way, timing]).toEqual([way, expect.stringMatching(parts)]);
      expect(timing).toContain(`traceparent;desc="${headers.get("traceparent")}"`);
    }
  });

  it("are told of their own trace, and of whether it is sampled", async () => {
    const gateway = await start(await collectors.HTTP_PROTOBUF(), 0);
    const trace = "0af7651916cd43dd8448eb211c80319c";
    for (const flags of ["00", "01"]) {
      const caller = { traceparent: `00-${trace}-b7ad6b7169203331-${flags}` };
      const { headers } = await post(gateway, {}, caller);
      expect(headers.get("traceparent")).toMatch(new RegExp(`^00-${trace}-[0-9a-f]{16}-${flags}$`));
    }
    expect((await post(gateway, {})).headers.get("traceparent")).toMatch(/-00$/);
  });

  it("are told of the time alone where no spans are made, and of all of a stream behind it", async () => {
    const gateway = await start();
    const { headers } = await post(gateway, {});
    expect(headers.get("traceparent")).toBeNull();
    expect(headers.get("server-timing")).toMatch(new RegExp(`${parts.source}$`));
    for (const [name, transport] of Object.entries(chats(gateway.url))) {
      const { head, trailers } = await metadataOf(transport, true);
      expect([name, head.get("server-timing")]).toEqual([name, null]);
      expect([name, trailers.get("server-timing")]).toEqual([name, expect.stringMatching(parts)]);
    }
  });
});

/** Sends a chat; its answer is read. */
async function post(
  { url }: { readonly url: string },
  body: object,
  headers: Readonly<Record<string, string>> = {},
): Promise<Response> {
  const reply = await fetch(`${url}/v1/chat/completions`, {
    method: "POST",
    headers: { "content-type": "application/json", authorization: "Bearer sk-dev", ...headers },
    body: JSON.stringify({ model: "m", messages: [{ role: "user", content: "secret" }], ...body }),
  });
  await reply.text();
  return reply;
}

/** Chats of the generated client, and the metadata of their replies. */
function typedCallers() {
  const chats = (baseUrl: string): Readonly<Record<string, Transport>> => ({
    connect: createConnectTransport({ baseUrl, httpVersion: "1.1" }),
    grpc: createGrpcTransport({ baseUrl }),
    "grpc-web": createGrpcWebTransport({ baseUrl, httpVersion: "1.1" }),
  });
  const metadataOf = async (transport: Transport, stream: boolean) => {
    let [head, trailers] = [new Headers(), new Headers()];
    const options = {
      headers: { authorization: "Bearer sk-dev" },
      onHeader: (headers: Headers) => {
        head = headers;
      },
      onTrailer: (headers: Headers) => {
        trailers = headers;
      },
    };
    const client = createClient(ChatService, transport);
    if (!stream) await client.complete({ model: "m", text: "secret" }, options);
    else for await (const _ of client.streamComplete({ model: "m", text: "secret" }, options));
    return { head, trailers };
  };
  return { chats, metadataOf };
}
