import { once } from "node:events";
import { connect as connectH2 } from "node:http2";
import { connect, type Socket } from "node:net";
import { gzipSync } from "node:zlib";
import { Code } from "@connectrpc/connect";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { ErrorReason } from "../../gen/parlance/error/v1/error_reason_pb.js";
import { createFetchHandler } from "../../src/edge/fetch-handler.ts";
import type { Exchange } from "../../src/edge/http/exchange.ts";
import { type RunningGateway, startGateway } from "../../src/serve.ts";
import { printMessage, readFailure, rpcProtocols } from "./rpc-protocols.ts";
import { sendRequest } from "./send-request.ts";
import { openRaw, type RawConnection, signalOnce, startServer } from "./start-server.ts";

const limits = { maxBodyBytes: 1000, bodyMemoryBytes: 1000 };
const post = (length: number) => `POST / HTTP/1.1\r\nhost: a\r\ncontent-length: ${length}\r\n\r\n`;

/** A handler that reads the body and answers when it is told to, except at /quick. */
function holdBodies() {
  const release = signalOnce();
  const reads: (() => void)[] = [];
  return {
    release: () => release.fire(),
    /** Resolves when a body has been read. */
    read: () => new Promise<void>((resolve) => void reads.push(resolve)),
    async handler(exchange: Exchange): Promise<void> {
      const { length } = await exchange.readBody();
      for (const told of reads.splice(0)) told();
      if (exchange.path !== "/quick") await release.promise;
      exchange.respond(200, [], String(length));
    },
  };
}

describe("memory for the bodies of all callers", () => {
  for (const version of ["h1", "h2"] as const) {
    test(`is held until a call is over, and what is beyond it is refused, over ${version}`, async () => {
      const { handler, release, read } = holdBodies();
      const { url } = await startServer({ handler, limits });
      const body = "x".repeat(600);
      const held = sendRequest(url, { version, path: "/", headers: {}, body });
      await read();
      const quick = { version, path: "/quick", headers: {} };
      const refused = await sendRequest(url, { ...quick, body });
      expect(refused).toMatchObject({ status: 503 });
      expect(refused.body.toString()).toContain("body_memory");
      expect((await sendRequest(url, { ...quick, body: "x".repeat(400) })).status).toBe(200);
      release();
      expect((await held).status).toBe(200);
      expect((await sendRequest(url, { ...quick, body: "x".repeat(1000) })).status).toBe(200);
    });

    test(`is looked at before a body is invited over ${version}`, async () => {
      const { handler, release, read } = holdBodies();
      const { url } = await startServer({ handler, limits });
      const held = sendRequest(url, { version, path: "/", headers: {}, body: "x".repeat(600) });
      await read();
      const headers = { "content-length": "600", expect: "100-continue" };
      const refused = await sendRequest(url, { version, path: "/quick", headers });
      expect(refused).toMatchObject({ status: 503, continued: false });
      release();
      await held;
    });
  }

  test("is not taken by a length that is only claimed", async () => {
    const { handler } = holdBodies();
    const { port, url } = await startServer({ handler, limits });
    const claims: RawConnection[] = Array.from({ length: 20 }, () => openRaw(port));
    for (const { socket } of claims) socket.write(post(1000));
    const sent = { version: "h1", path: "/quick", headers: {}, body: "x".repeat(1000) } as const;
    expect((await sendRequest(url, sent)).status).toBe(200);
  });

  test("is given back by a client that leaves in the middle, and by a body that turns out too large", async () => {
    const { handler } = holdBodies();
    const { port, url, server } = await startServer({ handler, limits });
    const quick = { version: "h1", path: "/quick", headers: {}, body: "x".repeat(1000) } as const;
    const leaver = openRaw(port);
    leaver.socket.write(`${post(1000)}${"x".repeat(900)}`);
    await expect.poll(async () => (await sendRequest(url, quick)).status).toBe(503);
    leaver.socket.destroy();
    await expect.poll(() => server.active).toBe(0);
    expect((await sendRequest(url, quick)).status).toBe(200);
    const session = connectH2(url);
    onTestFinished(() => session.destroy());
    const stream = session.request({ ":method": "POST" });
    stream.on("error", () => undefined);
    stream.end("x".repeat(5000));
    const [head] = await once(stream, "response");
    expect(head[":status"]).toBe(413);
    expect((await sendRequest(url, quick)).status).toBe(200);
  });

  test("is bounded in process too", async () => {
    const { handler, release, read } = holdBodies();
    const fetcher = createFetchHandler({ handler, ...limits });
    onTestFinished(() => fetcher.close());
    const ask = (path: string, body: string) =>
      fetcher.handle(new Request(`http://gateway${path}`, { method: "POST", body }));
    const held = ask("/", "x".repeat(600));
    await read();
    expect((await ask("/quick", "x".repeat(600))).status).toBe(503);
    release();
    await held;
    expect((await ask("/quick", "x".repeat(600))).status).toBe(200);
  });
});

describe("a gateway whose memory for bodies is taken", () => {
  const key = "dev-key-0123456789";
  let gateway: RunningGateway;
  let holder: Socket;
  beforeAll(async () => {
    const config = `
server: { port: 0, limits: { max_body_bytes: 1048576, body_memory_bytes: 1048576 } }
providers: { sim: { kind: sim } }
keys: [{ name: dev, value: { value: ${key} } }]
`;
    gateway = await startGateway({ config, world: { record: () => undefined } });
    const head = `POST /v1/messages HTTP/1.1\r\nhost: a\r\ncontent-type: application/json\r\nauthorization: Bearer ${key}\r\n`;
    holder = connect({ port: gateway.port, host: "127.0.0.1" });
    holder.write(`${head}content-length: 1048576\r\n\r\n${" ".repeat(900_000)}`);
    // A body that only asks to be invited takes nothing, and is refused once what was written has
    // arrived.
    for (let answer = ""; !answer.includes(" 503 "); ) {
      const asking = connect({ port: gateway.port, host: "127.0.0.1" });
      asking.write(`${head}content-length: 400000\r\nexpect: 100-continue\r\n\r\n`);
      answer = String(await once(asking, "data"));
      asking.destroy();
    }
  });
  afterAll(async () => {
    holder.destroy();
    await gateway.close();
  });

  const large = Buffer.alloc(400_000, 0x20);
  const keyed = (contentType: string) => ({
    "content-type": contentType,
    authorization: `Bearer ${key}`,
  });

  test("refuses in the dialect of the path, with the time to wait", async () => {
    const paths: readonly (readonly [string, RegExp])[] = [
      ["/v1/chat/completions", /"code":"overloaded"/],
      ["/v1/messages", /"type":"overloaded_error"/],
      ["/v1beta/models/x:generateContent", /"status":"UNAVAILABLE"/],
      ["/api/chat", /"error":/],
      ["/v2/chat", /"message":/],
    ];
    for (const [path, words] of paths) {
      const sent = {
        version: "h2",
        path,
        headers: keyed("application/json"),
        body: large,
      } as const;
      const reply = await sendRequest(gateway.url, sent);
      expect([path, reply.status, reply.headers.get("retry-after")]).toEqual([path, 503, "1"]);
      expect(reply.body.toString()).toMatch(words);
      expect(reply.headers.get("x-parlance-call-id")).toMatch(/^\S{8,}$/);
    }
  });

  test.for(rpcProtocols)("refuses over $title", async (protocol) => {
    for (const kind of protocol.calls) {
      const path = `/parlance.chat.v1.ChatService/${kind === "unary" ? "Complete" : "StreamComplete"}`;
      const unpacked = Buffer.alloc(400_000, 0x20);
      const packed = { [protocol.encodingHeader]: "gzip" };
      const bodies: readonly (readonly [Record<string, string>, Uint8Array])[] = [
        [{}, printMessage(protocol, unpacked)],
        [packed, printMessage(protocol, gzipSync(unpacked), 1)],
      ];
      for (const [extra, body] of bodies) {
        const headers = { ...keyed(protocol.contentType), ...extra };
        const reply = await sendRequest(gateway.url, {
          version: protocol.version,
          path,
          headers,
          body,
        });
        const failure = readFailure(protocol, reply);
        expect(failure).toMatchObject({
          code: Code.Unavailable,
          fault: {
            reason: ErrorReason.OVERLOADED,
            retryable: true,
            retryAfterMs: 1000n,
            callId: failure.callId,
          },
        });
      }
    }
  });

  test("still takes what there is room for", async () => {
    const body = JSON.stringify({
      model: "sim/echo",
      max_tokens: 9,
      messages: [{ role: "user", content: "hi" }],
    });
    const sent = {
      version: "h1",
      path: "/v1/messages",
      headers: keyed("application/json"),
      body,
    } as const;
    expect((await sendRequest(gateway.url, sent)).status).toBe(200);
  });
});
