import { once } from "node:events";
import type { IncomingMessage, ServerResponse } from "node:http";
import { type ClientHttp2Session, connect as connectH2 } from "node:http2";
import { connect as connectTcp, createServer as createTcpServer, type Socket } from "node:net";
import { connect as connectTls } from "node:tls";
import { create, toBinary } from "@bufbuild/protobuf";
import { afterEach, describe, expect, onTestFinished, test, vi } from "vitest";
import { StreamCompleteRequestSchema } from "../../gen/parlance/chat/v1/chat_service_pb.js";
import type { CallRecord } from "../../src/core/ledger/call-record.ts";
import { printEnvelope } from "../../src/edge/connect/envelope.ts";
import { startGateway } from "../../src/serve.ts";
import { chatOf } from "../calls.ts";
import { folderWith } from "../cli/spawn-parlance.ts";
import { selfSigned } from "../upstream/self-signed.ts";
import { serveHttp } from "../upstream/servers.ts";
import { startServer } from "./start-server.ts";

/**
 * What is waited for must come, but a busy machine may take its time: the test's own time is the
 * bound.
 */
const untilEnd = { timeout: 50_000, interval: 5 };

/**
 * Short, so that a test need not wait long: who is dropped too late still passes, and nobody here
 * is to be spared.
 */
const limits = { sendTimeoutMs: 80 };

const tlsOptions = { cert: selfSigned.cert, key: selfSigned.key };

/**
 * Opens a connection for a client whose reading can be stopped below HTTP: through a relay that
 * stops.
 */
async function relayTo(port: number): Promise<{ readonly port: number; stop(): void }> {
  const outward: Socket[] = [];
  const relay = createTcpServer((client) => {
    const server = connectTcp({ port, host: "127.0.0.1" });
    outward.push(server);
    client.on("error", () => server.destroy()).on("close", () => server.destroy());
    server.on("error", () => client.destroy()).on("close", () => client.destroy());
    client.pipe(server);
    server.pipe(client);
  });
  relay.listen(0, "127.0.0.1");
  await once(relay, "listening");
  onTestFinished(() => {
    for (const socket of outward) socket.destroy();
    relay.close();
  });
  const address = relay.address();
  return {
    port: typeof address === "object" && address !== null ? address.port : 0,
    stop() {
      for (const socket of outward) {
        socket.unpipe();
        socket.pause();
      }
    },
  };
}

/** An HTTP/2 session that takes bytes without end, or none at all. */
function openSession(port: number, tls: boolean, initialWindowSize: number): ClientHttp2Session {
  const session = connectH2(`${tls ? "https" : "http"}://localhost:${port}`, {
    rejectUnauthorized: false,
    settings: { initialWindowSize },
  });
  session.on("error", () => undefined);
  onTestFinished(() => session.destroy());
  return session;
}

/** A connection for HTTP/1.1. */
function openSocket(port: number, tls: boolean): Socket {
  const address = { port, host: "127.0.0.1" };
  const socket = tls ? connectTls({ ...address, rejectUnauthorized: false }) : connectTcp(address);
  socket.on("error", () => undefined);
  onTestFinished(() => void socket.destroy());
  return socket;
}

/** A request as every protocol sends it. */
interface PlainRequest {
  readonly path: string;
  readonly type: string;
  readonly body: Buffer;
}

/** Makes a call and reads nothing of what is answered. */
function callAndIgnore(
  protocol: "h1" | "h2",
  port: number,
  tls: boolean,
  { path, type, body }: PlainRequest,
): void {
  if (protocol === "h2") {
    const headers = { ":method": "POST", ":path": path, "content-type": type };
    const stream = openSession(port, tls, 0).request(headers);
    stream.on("error", () => undefined).end(body);
    return;
  }
  const socket = openSocket(port, tls);
  const head = `POST ${path} HTTP/1.1\r\nhost: localhost\r\ncontent-type: ${type}\r\n`;
  socket.write(`${head}content-length: ${body.length}\r\n\r\n`);
  socket.write(body);
}

/** What the server sends to a call, as it is read. */
function readSlowly(protocol: "h1" | "h2", port: number, tls: boolean): AsyncIterable<Buffer> {
  if (protocol === "h2") return openSession(port, tls, 65_535).request({ ":path": "/" });
  const socket = openSocket(port, tls);
  socket.write("GET / HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n");
  return socket;
}

/** A gateway that drops who does not read soon. */
async function startSoonDropping(origin: string, tls: boolean) {
  const records: CallRecord[] = [];
  const folder = folderWith({ "server.crt": selfSigned.cert, "server.key": selfSigned.key });
  const files = `cert_file: ${folder}/server.crt, key_file: ${folder}/server.key`;
  const config = `
server: { port: 0, limits: { send_timeout: 0.08s }${tls ? `, tls: { ${files} }` : ""} }
providers: { o: { kind: openai, base_url: "${origin}/v1", api_key: { value: k } } }
`;
  const gateway = await startGateway({
    config,
    world: { record: (record) => void records.push(record) },
  });
  onTestFinished(gateway.close);
  return { gateway, records };
}

/** A vendor that streams without end, for as long as it is listened to. */
async function startEndlessVendor() {
  const closed = Promise.withResolvers<void>();
  const event = `data: {"choices":[{"index":0,"delta":{"content":"${"x".repeat(4000)}"}}]}\n\n`;
  const origin = await serveHttp((request: IncomingMessage, response: ServerResponse) => {
    request.resume();
    response.on("close", closed.resolve).on("error", () => undefined);
    response.writeHead(200, { "content-type": "text/event-stream" });
    const more = () => {
      while (!response.destroyed && response.write(event));
    };
    response.on("drain", more);
    more();
  });
  return { origin, closed: closed.promise };
}

const streamBody = JSON.stringify({
  model: "o/m",
  stream: true,
  messages: [{ role: "user", content: "Hello!" }],
});
const rest = {
  path: "/v1/chat/completions",
  type: "application/json",
  body: Buffer.from(streamBody),
};
const message = toBinary(
  StreamCompleteRequestSchema,
  create(StreamCompleteRequestSchema, { chat: chatOf("Hi", "o/m") }),
);
const path = "/parlance.chat.v1.ChatService/StreamComplete";
const requests = [
  ["REST", rest],
  ["gRPC", { path, type: "application/grpc", body: Buffer.from(printEnvelope(0, message)) }],
  [
    "Connect",
    { path, type: "application/connect+proto", body: Buffer.from(printEnvelope(0, message)) },
  ],
] as const;

describe("the vendor call of a client that does not read is cancelled, and the record says that the client left", () => {
  for (const tls of [false, true]) {
    for (const [api, request] of requests) {
      for (const protocol of ["h1", "h2"] as const) {
        if (api === "gRPC" && protocol === "h1") continue;
        test(`${api} over ${protocol}${tls ? " and TLS" : ""}`, async () => {
          const vendor = await startEndlessVendor();
          const { gateway, records } = await startSoonDropping(vendor.origin, tls);
          callAndIgnore(protocol, gateway.port, tls, request);
          await vendor.closed;
          await vi.waitUntil(() => records.length === 1 && gateway.active() === 0, untilEnd);
          expect(records).toMatchObject([{ callerGone: true }]);
        });
      }
    }
  }
});

describe("a client that does not read is dropped while a whole reply waits for it", () => {
  const body = Buffer.alloc(32 * 1024 * 1024, "x");

  for (const tls of [false, true]) {
    const over = tls ? " and TLS" : "";

    test(`over h1${over}`, async () => {
      const handler = (exchange: {
        respond: (status: number, headers: string[], body: Buffer) => void;
      }) => exchange.respond(200, [], body);
      const { server, port } = await startServer({
        handler,
        limits,
        ...(tls ? { tls: tlsOptions } : {}),
      });
      const socket = openSocket(port, tls);
      socket.write("GET / HTTP/1.1\r\nhost: a\r\n\r\n");
      await vi.waitUntil(() => server.connections === 1, untilEnd);
      await vi.waitUntil(() => server.connections === 0 && server.active === 0, untilEnd);
    });

    test(`over h2${over}, by a window of zero: the stream is reset and the others of its connection run on`, async () => {
      const { server, port } = await startServer({
        handler: (exchange) => exchange.respond(200, [], exchange.path === "/empty" ? "" : body),
        limits,
        ...(tls ? { tls: tlsOptions } : {}),
      });
      const session = openSession(port, tls, 0);
      const stuck = session.request({ ":path": "/large" });
      await expect(once(stuck, "close").then(() => stuck.rstCode)).resolves.toBe(8);
      const next = session.request({ ":path": "/empty" });
      const [headers] = await once(next, "response");
      expect([headers[":status"], server.connections]).toEqual([200, 1]);
    });

    test(`over h2${over}, by a small reply that a window of zero holds back`, async () => {
      const { port } = await startServer({
        handler: (exchange) => exchange.respond(200, [], "small"),
        limits,
        ...(tls ? { tls: tlsOptions } : {}),
      });
      const stuck = openSession(port, tls, 0).request({ ":path": "/" });
      await once(stuck, "close");
      expect(stuck.rstCode).toBe(8);
    });

    test(`over h2${over}, by a connection that takes nothing: it is cut`, async () => {
      const asked = Promise.withResolvers<void>();
      const answer = Promise.withResolvers<void>();
      const { server, port } = await startServer({
        async handler(exchange) {
          asked.resolve();
          await answer.promise;
          exchange.respond(200, [], body);
        },
        limits,
        ...(tls ? { tls: tlsOptions } : {}),
      });
      const relay = await relayTo(port);
      const session = openSession(relay.port, tls, 2 ** 31 - 1);
      await once(session, "remoteSettings");
      session.setLocalWindowSize(2 ** 31 - 1);
      session.request({ ":path": "/" }).on("error", () => undefined);
      await asked.promise;
      relay.stop();
      answer.resolve();
      await vi.waitUntil(() => server.connections === 0, untilEnd);
      expect(server.active).toBe(0);
    });
  }

  test("over h2, after its GOAWAY, when it never closes its connection", async () => {
    const { server, port } = await startServer({ limits });
    const socket = connectTcp({ port, host: "127.0.0.1", allowHalfOpen: true });
    onTestFinished(() => void socket.destroy());
    const goaway = Buffer.from([0, 0, 8, 7, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
    const settings = Buffer.from([0, 0, 0, 4, 0, 0, 0, 0, 0]);
    socket.write(
      Buffer.concat([Buffer.from("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"), settings, goaway]),
    );
    await once(socket.resume(), "end");
    await vi.waitUntil(() => server.connections === 0, untilEnd);
  });
});

describe("a client that reads slowly is served to the end", () => {
  afterEach(() => void vi.useRealTimers());

  for (const protocol of ["h1", "h2"] as const) {
    for (const tls of [false, true]) {
      test(`over ${protocol}${tls ? " and TLS" : ""}, though the whole reply takes many times as long`, async () => {
        vi.useFakeTimers({ toFake: ["setInterval", "clearInterval"] });
        const body = Buffer.alloc(96 * 1024 * 1024, "x");
        const { port } = await startServer({
          handler: (exchange) => exchange.respond(200, ["content-type", "text/plain"], body),
          limits: { sendTimeoutMs: 8_000 },
          ...(tls ? { tls: tlsOptions } : {}),
        });
        let taken = 0;
        let sinceWait = 0;
        for await (const chunk of readSlowly(protocol, port, tls)) {
          taken += chunk.length;
          sinceWait += chunk.length;
          // More than the systems of both sides hold, so that some has left the server since the
          // wait before.
          if (sinceWait < 16 * 1024 * 1024) continue;
          sinceWait = 0;
          vi.advanceTimersByTime(7_000);
        }
        expect(taken).toBeGreaterThanOrEqual(body.length);
      });
    }
  }
});
