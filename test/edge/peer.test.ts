import { once } from "node:events";
import { connect as connectH2 } from "node:http2";
import { connect as connectTcp, type Socket } from "node:net";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { connect as connectTls } from "node:tls";
import { describe, expect, it, onTestFinished } from "vitest";
import type { CallRecord } from "../../src/core/ledger/call-record.ts";
import type { Exchange } from "../../src/edge/http/exchange.ts";
import { startGateway } from "../../src/serve.ts";
import { folderWith } from "../cli/spawn-parlance.ts";
import { makeCertificates } from "./make-certificates.ts";
import { startServer } from "./start-server.ts";

const handler = (exchange: Exchange): void => {
  const { clientAddress, clientNames, protocol } = exchange;
  const body = JSON.stringify({ clientAddress, clientNames, protocol });
  exchange.respond(200, ["content-type", "application/json"], body);
};

const request = (fields = "") => `GET / HTTP/1.1\r\nhost: x\r\nconnection: close\r\n${fields}\r\n`;

/** The body of the reply to what is sent on a socket over HTTP/1.1; "" where it is cut. */
async function answerOver(socket: Socket, ...pieces: readonly string[]): Promise<string> {
  onTestFinished(() => void socket.destroy());
  for (const piece of pieces) socket.write(piece, "latin1");
  socket.on("error", () => undefined);
  const all = await text(socket).catch(() => "");
  return all.slice(all.indexOf("\r\n\r\n") + 4);
}

const local = (port: number): Socket => connectTcp({ port, host: "127.0.0.1" });

describe("behind trusted proxies", () => {
  it("the address is that of X-Forwarded-For, over HTTP/1.1 and HTTP/2", async () => {
    const { port, url } = await startServer({ handler, trustedProxies: ["127.0.0.0/8"] });
    const body = await answerOver(local(port), request("x-forwarded-for: 203.0.113.5\r\n"));
    expect(JSON.parse(body)).toMatchObject({ clientAddress: "203.0.113.5" });
    const session = connectH2(url);
    onTestFinished(() => session.destroy());
    const stream = session.request({ ":path": "/", "x-forwarded-for": "6.6.6.6, 203.0.113.9" });
    expect(JSON.parse(await text(stream))).toMatchObject({
      clientAddress: "203.0.113.9",
      protocol: "h2",
    });
  });

  it("the header of others is not believed", async () => {
    const { port } = await startServer({ handler, trustedProxies: ["10.0.0.0/8"] });
    const body = await answerOver(local(port), request("x-forwarded-for: 203.0.113.5\r\n"));
    expect(JSON.parse(body)).toMatchObject({ clientAddress: "127.0.0.1" });
  });
});

describe("the PROXY protocol", () => {
  const proxied = { handler, trustedProxies: ["127.0.0.1"], proxyProtocol: true };
  const line = "PROXY TCP4 203.0.113.5 198.51.100.1 1 2\r\n";
  const binary = `\r\n\r\n\0\r\nQUIT\n!\x11\0\x0c\xcb\0q\x06\xc63d\x01\0\x01\0\x02`;

  for (const [title, header, address] of [
    ["version 1", line, "203.0.113.5"],
    ["version 2", binary, "203.0.113.6"],
    ["a proxy that speaks for itself", "PROXY UNKNOWN\r\n", "127.0.0.1"],
  ] as const) {
    it(`names the client, in one piece with the request or not: ${title}`, async () => {
      const { port } = await startServer(proxied);
      for (const pieces of [[header + request()], [header, request()], [...(header + request())]])
        expect(JSON.parse(await answerOver(local(port), ...pieces))).toMatchObject({
          clientAddress: address,
          protocol: "h1",
        });
    });
    it(`goes before TLS and HTTP/2: ${title}`, async () => {
      const { ca, server } = makeCertificates("DNS:client");
      const { port } = await startServer({ ...proxied, tls: server });
      const raw = local(port);
      raw.write(header, "latin1");
      const session = connectH2("https://localhost", {
        createConnection: () =>
          connectTls({ socket: raw, ca, servername: "localhost", ALPNProtocols: ["h2"] }),
      });
      onTestFinished(() => session.destroy());
      expect(JSON.parse(await text(session.request({ ":path": "/" })))).toMatchObject({
        clientAddress: address,
        protocol: "h2",
      });
    });
  }

  it("is cut where a proxy does not send it, and not looked for elsewhere", async () => {
    const { port } = await startServer(proxied);
    expect(await answerOver(local(port), request())).toBe("");
    const other = await startServer({ ...proxied, trustedProxies: ["10.0.0.1"] });
    expect(await answerOver(local(other.port), request())).toContain("127.0.0.1");
    expect(await answerOver(local(other.port), line + request())).not.toContain("203.0.113.5");
  });

  it("is not waited for longer than for a head", async () => {
    const limits = { headersTimeoutMs: 20 };
    const { port } = await startServer({ ...proxied, limits });
    expect(await answerOver(local(port), "PROXY TCP4 203")).toBe("");
  });
});

describe("mutual TLS", () => {
  const names = "DNS:shop.internal,URI:spiffe://cluster.local/ns/shop,email:shop@example.com";
  const read = ["shop.internal", "spiffe://cluster.local/ns/shop", "shop@example.com"];

  async function ask(port: number, options: object): Promise<string> {
    const socket = connectTls({ port, host: "localhost", ...options });
    return answerOver(socket, request());
  }

  it("gives the names in a client's certificate", async () => {
    const { ca, server, client } = makeCertificates(names);
    const { port } = await startServer({ handler, tls: { ...server, clientCa: ca } });
    expect(JSON.parse(await ask(port, { ca, ...client }))).toMatchObject({ clientNames: read });
  });

  it("refuses a client without a certificate, or with one of another authority", async () => {
    const { ca, server } = makeCertificates(names);
    const stranger = makeCertificates(names).client;
    const { port } = await startServer({ handler, tls: { ...server, clientCa: ca } });
    expect(await ask(port, { ca })).toBe("");
    expect(await ask(port, { ca, ...stranger })).toBe("");
  });

  it("lets them in without names where that is allowed", async () => {
    const { ca, server } = makeCertificates(names);
    const stranger = makeCertificates(names).client;
    const tls = { ...server, clientCa: ca, clientsWithout: true };
    const { port } = await startServer({ handler, tls });
    expect(JSON.parse(await ask(port, { ca }))).toMatchObject({ clientNames: [] });
    expect(JSON.parse(await ask(port, { ca, ...stranger }))).toMatchObject({ clientNames: [] });
  });

  it("identifies the key of a config, and the log shows who called from where", async () => {
    const { ca, server, client } = makeCertificates(names);
    const folder = folderWith({
      "ca.pem": ca.toString(),
      "server.pem": String(server.cert),
      "server.key": String(server.key),
    });
    const records: CallRecord[] = [];
    const config = JSON.stringify({
      server: {
        port: 0,
        tls: {
          cert_file: join(folder, "server.pem"),
          key_file: join(folder, "server.key"),
          client_ca_file: join(folder, "ca.pem"),
          client_auth: "OPTIONAL",
        },
      },
      providers: { sim: { kind: "sim" } },
      keys: [{ name: "shop", client_names: ["spiffe://cluster.local/ns/shop"] }],
    });
    const gateway = await startGateway({ config, world: { record: (one) => records.push(one) } });
    onTestFinished(() => gateway.close());
    const port = Number(new URL(gateway.url).port);
    const body = '{"model":"sim/echo","messages":[{"role":"user","content":"hi"}]}';
    const head = `POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\nconnection: close\r\n`;
    const fields = `content-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n`;
    const call = (options: object) =>
      answerOver(connectTls({ port, host: "localhost", ca, ...options }), head + fields + body);
    expect(await call(client)).toContain('"content":"hi"');
    expect(await call({})).toContain("no API key given");
    expect(records).toMatchObject([
      { principal: "shop", clientAddress: expect.stringMatching(/^(127\.0\.0\.1|::1)$/) },
      { principal: undefined, clientAddress: expect.stringMatching(/^(127\.0\.0\.1|::1)$/) },
    ]);
  });
});

describe("a connection that is as old as it may be", () => {
  const limits = { maxConnectionAgeMs: 30 };

  it("is left by clients of HTTP/2 with GOAWAY, and what runs on it finishes", async () => {
    const finish = Promise.withResolvers<void>();
    const { url } = await startServer({
      limits,
      handler: async (exchange) => {
        await finish.promise;
        handler(exchange);
      },
    });
    const session = connectH2(url);
    onTestFinished(() => session.destroy());
    const body = text(session.request({ ":path": "/" }));
    await once(session, "goaway");
    finish.resolve();
    expect(JSON.parse(await body)).toMatchObject({ protocol: "h2" });
    await once(session, "close");
  });

  it("is closed over HTTP/1.1 behind the reply, or at once where it is idle", async () => {
    const finish = Promise.withResolvers<void>();
    const { port } = await startServer({
      limits,
      handler: async (exchange) => {
        await finish.promise;
        handler(exchange);
      },
    });
    const idle = local(port);
    idle.write("GET / HTTP/1.1\r\n");
    const busy = local(port);
    busy.write("GET / HTTP/1.1\r\nhost: x\r\n\r\n");
    await once(idle.resume(), "close");
    finish.resolve();
    expect(await answerOver(busy)).toContain("h1");
  });
});
