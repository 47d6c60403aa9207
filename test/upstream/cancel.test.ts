import type { ServerResponse } from "node:http";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { within } from "../within.ts";
import { drain, failureOf, openUpstream, post, serveHttp } from "./servers.ts";

const unhandled: unknown[] = [];
const note = (reason: unknown) => void unhandled.push(reason);
beforeAll(() => void process.on("unhandledRejection", note));
afterAll(() => void process.off("unhandledRejection", note));

/**
 * A server that starts a reply, or not, and never ends it; tells when a request is in and when its
 * connection closes.
 */
async function hangingServer(start: (response: ServerResponse) => void) {
  const arrived = Promise.withResolvers<void>();
  const gone = Promise.withResolvers<void>();
  let requests = 0;
  const origin = await serveHttp((_request, response) => {
    requests += 1;
    response.on("close", gone.resolve);
    start(response);
    arrived.resolve();
  });
  return { origin, arrived: arrived.promise, gone: gone.promise, requests: () => requests };
}

describe("an aborted call", () => {
  test("sends nothing when the signal is aborted already", async () => {
    const server = await hangingServer(() => undefined);
    const upstream = openUpstream();
    expect(
      await failureOf(upstream.request(post(server.origin, { signal: AbortSignal.abort() }))),
    ).toMatchObject({
      kind: "aborted",
    });
    expect(server.requests()).toBe(0);
  });

  test("sends nothing when it is aborted while it waits for a connection", async () => {
    const paths: (string | undefined)[] = [];
    const arrived = Promise.withResolvers<void>();
    const origin = await serveHttp((request, response) => {
      paths.push(request.url);
      if (request.url === "/last") response.end();
      arrived.resolve();
    });
    const upstream = openUpstream({ connections: 1 });
    const first = new AbortController();
    const second = new AbortController();
    const running = failureOf(
      upstream.request(post(origin, { path: "/first", signal: first.signal })),
    );
    await arrived.promise;
    const waiting = failureOf(
      upstream.request(post(origin, { path: "/second", signal: second.signal })),
    );
    const last = upstream.request(post(origin, { path: "/last" }));
    second.abort();
    expect(await waiting).toMatchObject({ kind: "aborted" });
    first.abort();
    expect(await running).toMatchObject({ kind: "aborted" });
    expect((await last).status).toBe(200);
    expect(paths).toEqual(["/first", "/last"]);
  });

  test("closes the upstream connection at once while it waits for the reply", async () => {
    const server = await hangingServer(() => undefined);
    const abort = new AbortController();
    const call = failureOf(openUpstream().request(post(server.origin, { signal: abort.signal })));
    await server.arrived;
    abort.abort(new Error("the client went away"));
    expect(await call).toMatchObject({
      kind: "aborted",
      cause: { message: "the client went away" },
    });
    await within(100, server.gone);
  });

  const readers: readonly [
    string,
    (body: {
      chunks(): AsyncIterable<Uint8Array>;
      bytes(): Promise<Uint8Array>;
    }) => Promise<unknown>,
  ][] = [
    ["a stream", async (body) => (await drain(body.chunks())).failure],
    ["a whole body", (body) => failureOf(body.bytes())],
  ];
  for (const [title, read] of readers) {
    test(`closes the upstream connection at once while ${title} is read`, async () => {
      const server = await hangingServer((response) => void response.write("hello"));
      const abort = new AbortController();
      const reply = await openUpstream().request(post(server.origin, { signal: abort.signal }));
      const reading = read(reply.body);
      abort.abort();
      expect(await reading).toMatchObject({ kind: "aborted" });
      await within(100, server.gone);
    });
  }

  test("closes the upstream connection when nobody reads the body, and fails a later read", async () => {
    const server = await hangingServer((response) => void response.write("hello"));
    const abort = new AbortController();
    const reply = await openUpstream().request(post(server.origin, { signal: abort.signal }));
    abort.abort();
    await within(100, server.gone);
    expect(await drain(reply.body.chunks())).toMatchObject({
      text: "",
      failure: { kind: "aborted" },
    });
    expect(await failureOf(reply.body.bytes())).toMatchObject({ kind: "aborted" });
  });

  test("closes the upstream connection while backpressure holds it", async () => {
    const server = await hangingServer(
      (response) => void response.write(Buffer.alloc(8 * 1024 * 1024)),
    );
    const abort = new AbortController();
    const reply = await openUpstream().request(post(server.origin, { signal: abort.signal }));
    await reply.body.chunks()[Symbol.asyncIterator]().next();
    abort.abort();
    await within(100, server.gone);
  });
});

describe("a reader that leaves", () => {
  test("closes the upstream connection when it breaks out of the loop", async () => {
    const server = await hangingServer((response) => void response.write("hello"));
    const reply = await openUpstream().request(post(server.origin));
    for await (const chunk of reply.body.chunks()) {
      expect(Buffer.from(chunk).toString()).toBe("hello");
      break;
    }
    await within(100, server.gone);
  });

  test("closes the upstream connection when it cancels during a read, which fails", async () => {
    const server = await hangingServer((response) => response.flushHeaders());
    const reply = await openUpstream().request(post(server.origin));
    const reading = drain(reply.body.chunks());
    reply.body.cancel();
    reply.body.cancel();
    expect((await reading).failure).toMatchObject({ kind: "aborted" });
    await within(100, server.gone);
  });

  test("leaves the connection in use when the body had ended", async () => {
    const ports = new Set<number | undefined>();
    const origin = await serveHttp((request, response) => {
      ports.add(request.socket.remotePort);
      response.end("ok");
    });
    const upstream = openUpstream();
    for (let call = 0; call < 20; call += 1) {
      const reply = await upstream.request(post(origin));
      await reply.body.bytes();
      reply.body.cancel();
    }
    expect(ports.size).toBeLessThanOrEqual(2);
  });
});

test("no cancelled call leaves an unhandled rejection", async () => {
  const server = await hangingServer((response) => void response.write("hello"));
  const upstream = openUpstream();
  const abort = new AbortController();
  const replies = await Promise.all(
    Array.from({ length: 50 }, () =>
      upstream.request(post(server.origin, { signal: abort.signal })),
    ),
  );
  abort.abort();
  await server.gone;
  await new Promise(setImmediate);
  expect(replies).toHaveLength(50);
  expect(unhandled).toEqual([]);
});
