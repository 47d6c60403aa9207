import { once } from "node:events";
import { connect as connectH2 } from "node:http2";
import { Code, ConnectError, createClient, type Transport } from "@connectrpc/connect";
import {
  createConnectTransport,
  createGrpcTransport,
  createGrpcWebTransport,
} from "@connectrpc/connect-node";
import { Agent, request } from "undici";
import { describe, expect, onTestFinished, test } from "vitest";
import {
  Health,
  HealthCheckResponse_ServingStatus as Status,
} from "../../gen/grpc/health/v1/health_pb.js";
import { ChatService } from "../../gen/parlance/chat/v1/chat_service_pb.js";
import { ErrorReason } from "../../gen/parlance/error/v1/error_reason_pb.js";
import { faultOf } from "../../src/library.ts";
import { startSimGateway } from "../start-sim-gateway.ts";
import { openRaw, startServer } from "./start-server.ts";

/** A gateway that drains, and whose port stays open until the test ends. */
async function startDraining() {
  const gateway = await startSimGateway();
  const drained = gateway.drain({ delayMs: 600_000, graceMs: 600_000 });
  onTestFinished(async () => {
    await gateway.close();
    await drained;
  });
  return gateway;
}

/** A new connection for each call. */
async function ask(url: string, method: "GET" | "POST", path: string) {
  const dispatcher = new Agent();
  onTestFinished(() => dispatcher.destroy());
  const headers = { "content-type": "application/json" };
  const reply = await request(url + path, {
    method,
    headers,
    dispatcher,
    ...(method === "POST" ? { body: "{}" } : {}),
  });
  return { status: reply.statusCode, headers: reply.headers, text: await reply.body.text() };
}

describe("while a gateway drains and its port is open", () => {
  for (const [path, status] of [
    ["/healthz", 200],
    ["/health/liveness", 200],
    ["/readyz", 503],
    ["/health/readiness", 503],
  ] as const) {
    test(`${path} says ${status}`, async () => {
      const { url } = await startDraining();
      expect((await ask(url, "GET", path)).status).toBe(status);
    });
  }

  for (const [method, path, words] of [
    ["POST", "/v1/chat/completions", '"code":"draining"'],
    ["POST", "/v1/responses", '"code":"draining"'],
    ["POST", "/v1/embeddings", '"code":"draining"'],
    ["POST", "/v1/messages", '{"type":"error","error":{"type":"overloaded_error"'],
    ["POST", "/v1beta/models/fast:generateContent", '"status":"UNAVAILABLE"'],
    ["POST", "/v2/chat", '{"message":"the gateway is shutting down'],
    ["POST", "/api/chat", '{"error":"the gateway is shutting down'],
    ["GET", "/v1/models", '"code":"draining"'],
  ] as const) {
    test(`${method} ${path} is refused in its own dialect, and its connection closed`, async () => {
      const { url } = await startDraining();
      const { status, headers, text } = await ask(url, method, path);
      expect([status, headers["retry-after"], headers.connection]).toEqual([503, "1", "close"]);
      expect(text).toContain(words);
    });
  }

  for (const [title, open] of [
    ["Connect over HTTP/1.1", (baseUrl) => createConnectTransport({ baseUrl, httpVersion: "1.1" })],
    ["Connect over HTTP/2", (baseUrl) => createConnectTransport({ baseUrl, httpVersion: "2" })],
    ["gRPC", (baseUrl) => createGrpcTransport({ baseUrl })],
    [
      "gRPC-Web over HTTP/1.1",
      (baseUrl) => createGrpcWebTransport({ baseUrl, httpVersion: "1.1" }),
    ],
  ] as const satisfies readonly (readonly [string, (baseUrl: string) => Transport])[]) {
    test(`${title} calls are refused with UNAVAILABLE and a Fault, also over a second connection`, async () => {
      const { url } = await startDraining();
      const client = createClient(ChatService, open(url));
      for (const call of [
        client.complete({}),
        first(client.streamComplete({})),
        client.complete({}),
      ]) {
        const error = ConnectError.from(await call.catch((reason: unknown) => reason));
        expect([Code[error.code], ErrorReason[faultOf(error)?.reason ?? 0]]).toEqual([
          "Unavailable",
          "DRAINING",
        ]);
      }
    });
  }

  test("gRPC health says NOT_SERVING, and a watch goes on until the port closes", async () => {
    const gateway = await startDraining();
    const health = createClient(Health, createGrpcTransport({ baseUrl: gateway.url }));
    expect((await health.check({ service: "" })).status).toBe(Status.NOT_SERVING);
    const seen = health.watch({ service: "" })[Symbol.asyncIterator]();
    expect((await seen.next()).value?.status).toBe(Status.NOT_SERVING);
    const next = seen.next();
    await gateway.close();
    await expect(next).rejects.toThrow();
  });

  test("an HTTP/2 connection is told to go with its first answer", async () => {
    const { url } = await startDraining();
    const session = connectH2(url);
    const [goaway, closed] = [once(session, "goaway"), once(session, "close")];
    const stream = session.request({ ":path": "/v1/models" });
    const [headers] = await once(stream, "response");
    expect(headers[":status"]).toBe(503);
    expect(Buffer.concat(await stream.toArray()).toString()).toContain("draining");
    await Promise.all([goaway, closed]);
  });
});

async function first(messages: AsyncIterable<unknown>): Promise<unknown> {
  for await (const message of messages) return message;
  return undefined;
}

describe("a server that drains", () => {
  test("closes its port after the delay, and says so", async () => {
    const { server, url } = await startServer();
    const told: string[] = [];
    await server.drain(600_000, { delayMs: 1, onPortClosed: () => void told.push("closed") });
    expect(told).toEqual(["closed"]);
    await expect(request(url)).rejects.toThrow("ECONNREFUSED");
  });

  test("ends calls at the end of their grace, also while its port stays open for longer", async () => {
    const expired = Promise.withResolvers<void>();
    const begun = Promise.withResolvers<void>();
    const { server, port, url } = await startServer({
      handler(exchange) {
        const stream = exchange.startStream(200, []);
        void stream.write("begun ");
        begun.resolve();
        exchange.onExpire(() => {
          void stream.write("cut short");
          stream.end();
          expired.resolve();
        });
      },
    });
    const raw = openRaw(port);
    raw.socket.write("GET / HTTP/1.1\r\nhost: a\r\n\r\n");
    await begun.promise;
    const drained = server.drain(1, { delayMs: 600_000 });
    await expired.promise;
    await raw.received("cut short\r\n0\r\n\r\n");
    expect((await ask(url, "GET", "/")).status).toBe(503);
    await server.close();
    await drained;
  });
});
