import { once } from "node:events";
import { connect as connectH2 } from "node:http2";
import { request } from "undici";
import { expect, onTestFinished, test } from "vitest";
import { ErrorReason } from "../../gen/parlance/error/v1/error_reason_pb.js";
import type { Exchange, ResponseStream } from "../../src/edge/http/exchange.ts";
import { createServer } from "../../src/edge/server.ts";
import { openRaw, startServer } from "./start-server.ts";

/** A handler that holds the calls of /stream open, and hands them to the test. */
function holdStreams() {
  const held = Promise.withResolvers<{ exchange: Exchange; stream: ResponseStream }>();
  return {
    held: held.promise,
    handler(exchange: Exchange): void {
      if (exchange.path !== "/stream") {
        exchange.respond(200, [], "quick");
        return;
      }
      const stream = exchange.startStream(200, []);
      void stream.write("begun ");
      held.resolve({ exchange, stream });
    },
  };
}

test("lets a running HTTP/1.1 stream finish, then closes its connection and frees the port", async () => {
  const { handler, held } = holdStreams();
  const { server, port, url } = await startServer({ handler });
  const raw = openRaw(port);
  raw.socket.write("GET /stream HTTP/1.1\r\nhost: a\r\n\r\n");
  const { stream } = await held;
  const drained = server.drain(10_000);
  expect([server.draining, server.active]).toEqual([true, 1]);
  await expect(request(url)).rejects.toThrow("ECONNREFUSED");
  stream.end();
  await drained;
  expect(await raw.closed).toContain("begun");
  const next = createServer({ handler });
  await next.listen({ host: "127.0.0.1", port });
  await next.close();
});

test("lets a running HTTP/2 stream finish after GOAWAY, and refuses a call in between as safe to repeat", async () => {
  const { handler, held } = holdStreams();
  const { server, url } = await startServer({ handler });
  const session = connectH2(url);
  onTestFinished(() => session.destroy());
  const closed = once(session, "close");
  const running = session.request({ ":path": "/stream" });
  const { stream } = await held;
  // On its way when the server sends GOAWAY.
  const late = session.request({ ":path": "/late" });
  const drained = server.drain(10_000);
  await expect(once(late, "response")).rejects.toThrow("NGHTTP2_REFUSED_STREAM");
  stream.end();
  expect(Buffer.concat(await running.toArray()).toString()).toBe("begun ");
  await drained;
  await closed;
});

test("answers 503 and closes to a call on an old HTTP/1.1 connection", async () => {
  const { handler, held } = holdStreams();
  const { server, port } = await startServer({ handler });
  const [busy, idle] = [openRaw(port), openRaw(port)];
  idle.socket.write("GET /quick HTTP/1.1\r\nhost: a\r\n\r\n");
  await idle.received("quick");
  busy.socket.write("GET /stream HTTP/1.1\r\nhost: a\r\n\r\n");
  const { stream } = await held;
  const drained = server.drain(10_000);
  idle.socket.write("GET /quick HTTP/1.1\r\nhost: a\r\n\r\n");
  const reply = (await idle.closed).slice(20);
  expect(reply).toMatch(/HTTP\/1.1 503 /);
  expect(reply.toLowerCase()).toContain("connection: close");
  stream.end();
  await drained;
});

test("reads on past the body of a refused call before it closes, so that its client gets to see why", async () => {
  const { handler } = holdStreams();
  const { server, port } = await startServer({ handler });
  const drained = server.drain(60_000, { delayMs: 60_000 });
  const raw = openRaw(port);
  const errors: unknown[] = [];
  raw.socket.on("error", (error) => errors.push(error));
  const piece = "x".repeat(64 * 1024);
  raw.socket.write(`POST / HTTP/1.1\r\nhost: a\r\ncontent-length: ${64 * piece.length}\r\n\r\n`);
  await raw.received("shutting_down");
  for (let sent = 0; sent < 64; sent += 1) {
    await new Promise<void>((done) => void raw.socket.write(piece, () => done()));
  }
  expect((await raw.closed).toLowerCase()).toMatch(/^http\/1.1 503 [\s\S]*connection: close/);
  expect(errors).toEqual([]);
  await server.close();
  await drained;
});

test("uses the configured answer for refused calls", async () => {
  const { handler, held } = holdStreams();
  const { server, port } = await startServer({
    handler,
    onRefused: (exchange) => exchange.respond(418, [], "later"),
  });
  const [busy, idle] = [openRaw(port), openRaw(port)];
  idle.socket.write("GET /quick HTTP/1.1\r\nhost: a\r\n\r\n");
  await idle.received("quick");
  busy.socket.write("GET /stream HTTP/1.1\r\nhost: a\r\n\r\n");
  const { stream } = await held;
  const drained = server.drain(10_000);
  idle.socket.write("GET /quick HTTP/1.1\r\nhost: a\r\n\r\n");
  expect(await idle.closed).toContain("HTTP/1.1 418 ");
  stream.end();
  await drained;
});

test("expires a stream that outlives the grace period, which can still end truthfully", async () => {
  const { handler, held } = holdStreams();
  const { server, port } = await startServer({ handler });
  const raw = openRaw(port);
  raw.socket.write("GET /stream HTTP/1.1\r\nhost: a\r\n\r\n");
  const { exchange, stream } = await held;
  const reason = Promise.withResolvers<unknown>();
  const signal = exchange.signal();
  signal.addEventListener("abort", () => reason.resolve(signal.reason));
  exchange.onExpire(() => {
    void stream.write("cut short");
    stream.end();
  });
  await server.drain(20);
  expect(await reason.promise).toMatchObject({ fault: { reason: ErrorReason.DRAINING } });
  expect(await raw.closed).toMatch(/begun[\s\S]*cut short\r\n0\r\n\r\n$/);
});

for (const protocol of ["h1", "h2"] as const) {
  test(`cuts an ${protocol} stream that ignores its expiry`, async () => {
    const { handler, held } = holdStreams();
    const { server, port, url } = await startServer({ handler, limits: { expiryMs: 20 } });
    const session = protocol === "h2" ? connectH2(url) : undefined;
    const raw = protocol === "h1" ? openRaw(port) : undefined;
    session?.on("error", () => undefined);
    session?.request({ ":path": "/stream" }).on("error", () => undefined);
    raw?.socket.write("GET /stream HTTP/1.1\r\nhost: a\r\n\r\n");
    const { exchange } = await held;
    const gone = Promise.withResolvers<void>();
    exchange.onClose(gone.resolve);
    await server.drain(20);
    await gone.promise;
    expect([server.connections, server.active]).toEqual([0, 0]);
    if (raw !== undefined) expect(await raw.closed).not.toMatch(/0\r\n\r\n$/);
  });
}

for (const protocol of ["h1", "h2"] as const) {
  test(`lets an ${protocol} stream end whose client is too slow to take more when the grace is over`, async () => {
    const waiting = Promise.withResolvers<void>();
    const ended = Promise.withResolvers<void>();
    const { server, port, url } = await startServer({
      limits: { expiryMs: 60_000 },
      async handler(exchange) {
        const stream = exchange.startStream(200, []);
        const signal = exchange.signal();
        while (!signal.aborted) {
          const full = stream.write(Buffer.alloc(64 * 1024));
          if (full !== undefined) waiting.resolve();
          await full;
        }
        stream.end();
        ended.resolve();
      },
    });
    const session =
      protocol === "h2" ? connectH2(url, { settings: { initialWindowSize: 0 } }) : undefined;
    session?.on("error", () => undefined);
    session?.request({ ":path": "/stream" }).on("error", () => undefined);
    if (protocol === "h1")
      openRaw(port).socket.pause().write("GET /stream HTTP/1.1\r\nhost: a\r\n\r\n");
    await waiting.promise;
    const drained = server.drain(1);
    await ended.promise;
    await server.close();
    await drained;
  });
}

test("drains at once when nothing runs, closing idle connections", async () => {
  const { server, url, port } = await startServer();
  const session = connectH2(url);
  await once(session, "remoteSettings");
  const raw = openRaw(port);
  raw.socket.write("GET / HTTP/1.1\r\nhost: a\r\n\r\n");
  await raw.received("200 OK");
  await Promise.all([server.drain(60_000), once(session, "close"), raw.closed, server.drain(1)]);
  expect(server.connections).toBe(0);
});

test("close leaves no handle behind", async () => {
  const before = process
    .getActiveResourcesInfo()
    .filter((name) => /TCP|TLS|Timeout/.test(name)).length;
  const server = createServer({
    handler: (exchange) => void exchange.startStream(200, []).write("x"),
  });
  const { url, port } = await server.listen({ host: "127.0.0.1", port: 0 });
  const session = connectH2(url);
  session.on("error", () => undefined);
  const stream = session.request({ ":path": "/" });
  stream.on("error", () => undefined);
  await once(stream, "response");
  const raw = openRaw(port);
  raw.socket.write("GET / HTTP/1.1\r\nhost: a\r\n\r\n");
  await raw.received("200 OK");
  await server.close();
  await Promise.all([raw.closed, session.closed ? undefined : once(session, "close")]);
  const after = process
    .getActiveResourcesInfo()
    .filter((name) => /TCP|TLS|Timeout/.test(name)).length;
  expect(after).toBeLessThanOrEqual(before);
});

test("rejects to listen on a port that is taken", async () => {
  const { port } = await startServer();
  const second = createServer({ handler: () => undefined });
  await expect(second.listen({ host: "127.0.0.1", port })).rejects.toThrow("EADDRINUSE");
  await second.close();
});
