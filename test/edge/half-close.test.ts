import { once } from "node:events";
import type { ServerResponse } from "node:http";
import { connect as connectTcp, type Socket } from "node:net";
import { connect as connectTls } from "node:tls";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import type { CallRecord } from "../../src/core/ledger/call-record.ts";
import type { ResponseStream } from "../../src/edge/http/exchange.ts";
import { startGateway } from "../../src/serve.ts";
import { folderWith } from "../cli/spawn-parlance.ts";
import { selfSigned } from "../upstream/self-signed.ts";
import { serveHttp } from "../upstream/servers.ts";
import { startServer } from "./start-server.ts";

const completion =
  '{"choices":[{"index":0,"message":{"role":"assistant","content":"whole"},"finish_reason":"stop"}]}';
const head = '"id":"c","object":"chat.completion.chunk","created":1,"model":"m"';
const first = `data: {${head},"choices":[{"index":0,"delta":{"role":"assistant","content":"first "},"finish_reason":null}]}\n\n`;
const last = `data: {${head},"choices":[{"index":0,"delta":{"content":"last"},"finish_reason":"stop"}]}\n\ndata: [DONE]\n\n`;

/**
 * What is waited for must come, but a busy machine may take its time: the test's own time is the
 * bound.
 */
const untilEnd = { timeout: 50_000, interval: 5 };

/**
 * A gateway whose vendor answers when the test says so, and one call to it by a client that then
 * sends no more.
 */
async function callAndHold(tls: boolean, stream: boolean) {
  const answering = Promise.withResolvers<ServerResponse>();
  const origin = await serveHttp((request, response) => {
    request.resume();
    answering.resolve(response);
  });
  const records: CallRecord[] = [];
  const folder = folderWith({ "server.crt": selfSigned.cert, "server.key": selfSigned.key });
  const files = `cert_file: ${folder}/server.crt, key_file: ${folder}/server.key`;
  const config = `
server: { port: 0${tls ? `, tls: { ${files} }` : ""} }
providers: { o: { kind: openai, base_url: "${origin}/v1", api_key: { value: k } } }
`;
  const gateway = await startGateway({
    config,
    world: { record: (record) => void records.push(record) },
  });
  onTestFinished(gateway.close);
  const client = collect(tls, gateway.port);
  const body = JSON.stringify({
    model: "o/m",
    stream,
    messages: [{ role: "user", content: "Hello!" }],
  });
  const head =
    "POST /v1/chat/completions HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n";
  const request = `${head}content-length: ${body.length}\r\n\r\n${body}`;
  return { gateway, records, client, request, vendor: answering.promise };
}

function collect(
  tls: boolean,
  port: number,
): { readonly socket: Socket; readonly received: () => string } {
  const address = { port, host: "127.0.0.1", allowHalfOpen: true };
  const socket = tls ? connectTls({ ...address, rejectUnauthorized: false }) : connectTcp(address);
  onTestFinished(() => void socket.destroy());
  let received = "";
  socket.on("data", (chunk) => {
    received += String(chunk);
  });
  return { socket, received: () => received };
}

function splitHead(reply: string): readonly [head: string, body: string] {
  const end = reply.indexOf("\r\n\r\n");
  return [reply.slice(0, end + 2), reply.slice(end + 4)];
}

/** The body of a reply in chunks; throws where it is not well formed. */
function joinChunks(text: string): string {
  let rest = text;
  let body = "";
  for (;;) {
    const [line = "", size = ""] = /^([0-9a-f]{1,16})\r\n/.exec(rest) ?? [];
    const length = Number.parseInt(size, 16);
    const end = line.length + length;
    expect([size, rest.slice(end, end + 2)]).toEqual([expect.stringMatching(/./), "\r\n"]);
    if (length === 0) return body;
    body += rest.slice(line.length, end);
    rest = rest.slice(end + 2);
  }
}

describe("a client of HTTP/1.1 that sends no more and reads on is answered", () => {
  for (const tls of [false, true]) {
    const over = tls ? " over TLS" : "";

    test(`with a whole reply${over}, however long the vendor takes`, async () => {
      const { records, client, request, vendor } = await callAndHold(tls, false);
      client.socket.end(request);
      const response = await vendor;
      // The gateway has asked twice whether anybody reads.
      await vi.waitUntil(() => client.received().split("100 Continue").length > 2, untilEnd);
      response.writeHead(200, { "content-type": "application/json" }).end(completion);
      await once(client.socket, "close");
      expect(client.received()).toMatch(/^(HTTP\/1\.1 100 Continue\r\n\r\n)+HTTP\/1\.1 200 OK\r\n/);
      expect(client.received()).toContain(completion);
      expect(records).toMatchObject([{ callerGone: false }]);
    });

    test(`with a stream${over}, however long the vendor takes`, async () => {
      const { records, client, request, vendor } = await callAndHold(tls, true);
      client.socket.end(request);
      const response = await vendor;
      await vi.waitUntil(() => client.received().includes("100 Continue"), untilEnd);
      response.writeHead(200, { "content-type": "text/event-stream" }).write(first);
      await vi.waitUntil(() => client.received().includes("first "), untilEnd);
      response.end(last);
      await once(client.socket, "close");
      const reply = client.received().replace(/^(HTTP\/1\.1 100 Continue\r\n\r\n)+/, "");
      expect(joinChunks(splitHead(reply)[1])).toBe(first + last);
      expect(records).toMatchObject([{ callerGone: false }]);
    });

    test(`with the rest of a stream${over} that it stops sending in, in a body that stays well formed`, async () => {
      const { records, client, request, vendor } = await callAndHold(tls, true);
      client.socket.write(request);
      const response = await vendor;
      response.writeHead(200, { "content-type": "text/event-stream" }).write(first);
      await vi.waitUntil(() => client.received().includes("first "), untilEnd);
      client.socket.end();
      await vi.waitUntil(() => client.received().endsWith("\r\n00"), untilEnd);
      response.end(last);
      await once(client.socket, "close");
      const [head, body] = splitHead(client.received());
      expect(head).toMatch(/^HTTP\/1\.1 200 OK\r\n/);
      expect(joinChunks(body)).toBe(first + last);
      expect(records).toMatchObject([{ callerGone: false }]);
    });
  }
});

describe("while the head of a stream waits for its first chunk", () => {
  for (const tls of [false, true]) {
    const over = tls ? " over TLS" : "";
    const options = tls ? { tls: { cert: selfSigned.cert, key: selfSigned.key } } : {};

    test(`a client of HTTP/1.1 that is gone is noticed${over}`, async () => {
      const begun = Promise.withResolvers<void>();
      const gone = Promise.withResolvers<void>();
      const { server, port } = await startServer({
        ...options,
        handler(exchange) {
          exchange.startStream(200, []);
          exchange.onClose(gone.resolve);
          begun.resolve();
        },
      });
      const { socket } = collect(tls, port);
      socket.write("GET / HTTP/1.1\r\nhost: a\r\n\r\n");
      await begun.promise;
      socket.destroy();
      await gone.promise;
      await vi.waitUntil(() => server.connections === 0 && server.active === 0, untilEnd);
    });

    test(`a client of HTTP/1.1 that only sends no more gets the head, and the rest when it comes${over}`, async () => {
      const begun = Promise.withResolvers<ResponseStream>();
      const { port } = await startServer({
        ...options,
        handler: (exchange) => begun.resolve(exchange.startStream(200, [])),
      });
      const client = collect(tls, port);
      client.socket.write("GET / HTTP/1.1\r\nhost: a\r\n\r\n");
      const stream = await begun.promise;
      client.socket.end();
      await vi.waitUntil(() => client.received().endsWith("\r\n\r\n0"), untilEnd);
      void stream.write("late");
      stream.end();
      await once(client.socket, "close");
      const [head, body] = splitHead(client.received());
      expect([head.slice(0, 15), joinChunks(body)]).toEqual(["HTTP/1.1 200 OK", "late"]);
    });
  }
});
