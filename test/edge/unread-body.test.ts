import { once } from "node:events";
import { connect as connectH2, constants } from "node:http2";
import { describe, expect, onTestFinished, test } from "vitest";
import type { Exchange } from "../../src/edge/http/exchange.ts";
import { within } from "../within.ts";
import { openRaw, startServer } from "./start-server.ts";

const mib = 1024 * 1024;
const refusing = (exchange: Exchange): void => exchange.respond(401, [], "no key");

describe("the body of a refused request over HTTP/1.1", () => {
  const head = (length: number) =>
    `POST / HTTP/1.1\r\nhost: a\r\ncontent-length: ${length}\r\n\r\n`;

  test("is taken and forgotten, so that a client that reads last sees the reply", async () => {
    const { port } = await startServer({ handler: refusing });
    const raw = openRaw(port);
    raw.socket.pause();
    raw.socket.write(head(16 * mib));
    for (let sent = 0; sent < 16; sent += 1) {
      if (!raw.socket.write(Buffer.alloc(mib))) await once(raw.socket, "drain");
    }
    raw.socket.resume();
    await raw.received("no key");
    raw.socket.write("POST / HTTP/1.1\r\nhost: b\r\n\r\n");
    await raw.received("no keyHTTP/1.1 401");
  });

  test("is not waited for: a client that holds it back loses its connection", async () => {
    const { port } = await startServer({ handler: refusing, limits: { discardMs: 20 } });
    const raw = openRaw(port);
    raw.socket.write(head(16 * mib));
    raw.socket.write(Buffer.alloc(mib));
    expect(await within(5_000, raw.closed)).toContain("no key");
  });

  test("is taken up to twice the limit of bodies, and no further", async () => {
    const { port } = await startServer({
      handler: refusing,
      limits: { maxBodyBytes: mib, discardMs: 0 },
    });
    const raw = openRaw(port);
    raw.socket.write("POST / HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n");
    const chunk = `${(mib / 2).toString(16)}\r\n${"x".repeat(mib / 2)}\r\n`;
    const feed = () => raw.socket.writable && raw.socket.write(chunk, () => feed());
    feed();
    expect(await within(5_000, raw.closed)).toContain("no key");
  });
});

describe("the body of a refused request over HTTP/2", () => {
  test("is called off when the reply is out", async () => {
    const { url } = await startServer({ handler: refusing });
    const session = connectH2(url);
    onTestFinished(() => session.destroy());
    const stream = session.request({ ":method": "POST" }, { endStream: false });
    stream.write(Buffer.alloc(1000));
    const chunks: Buffer[] = [];
    for await (const chunk of stream) chunks.push(chunk);
    expect(Buffer.concat(chunks).toString()).toBe("no key");
    if (!stream.closed) await once(stream, "close");
    expect(stream.rstCode).toBe(constants.NGHTTP2_NO_ERROR);
  });

  test("does not keep the stream: more come on one connection than may be open at a time", async () => {
    const { url, server } = await startServer({
      handler: refusing,
      limits: { maxConcurrentStreams: 10 },
    });
    const session = connectH2(url);
    onTestFinished(() => session.destroy());
    for (let round = 0; round < 10; round += 1) {
      const streams = Array.from({ length: 10 }, () =>
        session.request({ ":method": "POST" }, { endStream: false }),
      );
      for (const stream of streams) stream.resume();
      await Promise.all(streams.map((stream) => once(stream, "close")));
    }
    expect(server.active).toBe(0);
  });

  test("is called off only when all of a large reply is out, however slow its reader", async () => {
    const { url } = await startServer({
      handler: (exchange) => exchange.respond(200, [], Buffer.alloc(5 * mib, 1)),
    });
    const session = connectH2(url);
    onTestFinished(() => session.destroy());
    const stream = session.request({ ":method": "POST" }, { endStream: false });
    let size = 0;
    for await (const chunk of stream) {
      size += chunk.length;
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(size).toBe(5 * mib);
    if (!stream.closed) await once(stream, "close");
    expect(stream.rstCode).toBe(constants.NGHTTP2_NO_ERROR);
  });

  test("may be reset by its client while it waits to be invited, at no cost but the stream", async () => {
    const failures: unknown[] = [];
    const begun = Promise.withResolvers<void>();
    const { url } = await startServer({
      handler: async (exchange) => {
        if (exchange.path !== "/late") return exchange.respond(200, [], "well");
        const gone = new Promise<void>((resolve) => exchange.onClose(resolve));
        begun.resolve();
        await gone;
        await exchange.readBody();
      },
      onError: (_exchange, error) => void failures.push(error),
    });
    const session = connectH2(url);
    onTestFinished(() => session.destroy());
    const late = session.request(
      { ":method": "POST", ":path": "/late", expect: "100-continue" },
      { endStream: false },
    );
    await begun.promise;
    late.close(constants.NGHTTP2_CANCEL);
    const [head] = await once(session.request({ ":path": "/" }), "response");
    expect(head[":status"]).toBe(200);
    expect(failures.map((error) => Object(error).code)).toEqual(["client_gone"]);
  });
});

test("40 bodies that are sent without an end cost no memory where nobody reads them", async () => {
  const { port } = await startServer({ handler: refusing, limits: { discardMs: 0 } });
  const before = process.memoryUsage().arrayBuffers;
  const piece = Buffer.alloc(mib);
  const connections = Array.from({ length: 40 }, () => openRaw(port));
  await Promise.all(
    connections.map(async ({ socket, received }) => {
      socket.write(`POST / HTTP/1.1\r\nhost: a\r\ncontent-length: ${30 * mib}\r\n\r\n`);
      await received("no key");
      for (let sent = 0; sent < 8; sent += 1) {
        if (!socket.write(piece)) await once(socket, "drain");
      }
    }),
  );
  // 320 MiB were sent. What is left are buffers of sockets, 64 KiB each.
  expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(64 * mib);
});
