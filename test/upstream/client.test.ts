import { getEventListeners, once } from "node:events";
import type { IncomingMessage, ServerResponse } from "node:http";
import { describe, expect, test } from "vitest";
import { UpstreamError } from "../../src/upstream/upstream-error.ts";
import { selfSigned } from "./self-signed.ts";
import {
  deadOrigin,
  drain,
  failureOf,
  openUpstream,
  post,
  serveHttp,
  serveHttps,
  serveTcp,
} from "./servers.ts";

const soon = { connectMs: 10_000, firstTokenMs: 60, idleMs: 60 };
const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString();

describe("a call that ends well", () => {
  test("sends method, path, headers and body, and gives status, headers and body", async () => {
    const seen: unknown[] = [];
    const origin = await serveHttp(async (request, response) => {
      seen.push(request.method, request.url, request.headers["x-one"], await readAll(request));
      response.writeHead(
        429,
        [
          ["Retry-After", "7"],
          ["X-Many", "a"],
          ["X-Many", "b"],
        ].flat(),
      );
      response.end('{"error":1}');
    });
    const reply = await openUpstream().request(
      post(origin, { path: "/v1/chat?x=1", headers: ["X-One", "1"], body: Buffer.from("é") }),
    );
    expect([reply.status, reply.headers["retry-after"], reply.headers["x-many"]]).toEqual([
      429,
      "7",
      "a, b",
    ]);
    expect(text(await reply.body.bytes())).toBe('{"error":1}');
    expect(seen).toEqual(["POST", "/v1/chat?x=1", "1", "é"]);
  });

  test("gives chunks as they are written, before the reply has ended", async () => {
    let reply: ServerResponse | undefined;
    const origin = await serveHttp((_request, response) => {
      reply = response;
      response.write("one");
    });
    const response = await openUpstream().request(post(origin));
    const chunks = response.body.chunks()[Symbol.asyncIterator]();
    expect(text((await chunks.next()).value)).toBe("one");
    reply?.write("two");
    expect(text((await chunks.next()).value)).toBe("two");
    reply?.end();
    expect((await chunks.next()).done).toBe(true);
    expect((await chunks.next()).done).toBe(true);
  });

  test("reuses connections and takes no hold on the signal", async () => {
    const ports = new Set<number | undefined>();
    const origin = await serveHttp((request, response) => {
      ports.add(request.socket.remotePort);
      response.end("ok");
    });
    const upstream = openUpstream();
    const abort = new AbortController();
    for (let call = 0; call < 20; call += 1) {
      const reply = await upstream.request(post(origin, { signal: abort.signal }));
      expect(text(await reply.body.bytes())).toBe("ok");
    }
    expect(getEventListeners(abort.signal, "abort")).toEqual([]);
    expect(ports.size).toBeLessThanOrEqual(2);
  });

  test("reads bodies without content, and informational replies before the real one", async () => {
    const origin = await serveHttp((_request, response) => {
      response.writeEarlyHints({ link: "</x>; rel=preload" });
      response.writeHead(204).end();
    });
    const reply = await openUpstream().request(post(origin));
    expect([reply.status, (await reply.body.bytes()).length]).toEqual([204, 0]);
  });

  test("reads what is left when asked for bytes after a slow start, and 100 MB through a slow reader without holding it", async () => {
    const block = Buffer.alloc(1024 * 1024, "x");
    let written = 0;
    const origin = await serveHttp(async (_request, response) => {
      for (; written < 100; written += 1) if (!response.write(block)) await once(response, "drain");
      response.end();
    });
    const reply = await openUpstream().request(post(origin));
    const chunks = reply.body.chunks()[Symbol.asyncIterator]();
    let size = (await chunks.next()).value.length;
    for (let turn = 0; turn < 200; turn += 1) await new Promise(setImmediate);
    expect(written).toBeLessThan(30);
    for (let next = await chunks.next(); next.done !== true; next = await chunks.next())
      size += next.value.length;
    expect(size).toBe(100 * block.length);
  });

  test("serves many calls at once over a bounded number of connections", async () => {
    let open = 0;
    let most = 0;
    const origin = await serveHttp(async (request, response) => {
      most = Math.max(most, ++open);
      const body = await readAll(request);
      await new Promise(setImmediate);
      open -= 1;
      response.end(body);
    });
    const upstream = openUpstream({ connections: 8 });
    const replies = await Promise.all(
      Array.from({ length: 300 }, async (_unused, index) =>
        text(await (await upstream.request(post(origin, { body: `${index}` }))).body.bytes()),
      ),
    );
    expect(replies).toEqual(Array.from({ length: 300 }, (_unused, index) => `${index}`));
    expect(most).toBeLessThanOrEqual(8);
  });

  test("trusts a given certificate authority", async () => {
    const origin = await serveHttps((_request, response) => response.end("safe"));
    const reply = await openUpstream({ tls: { ca: selfSigned.cert } }).request(post(origin));
    expect(text(await reply.body.bytes())).toBe("safe");
  });
});

describe("a call that fails before its reply", () => {
  const nothing = async (): Promise<string> => serveHttp(() => undefined);
  const raw = (head: string) => (): Promise<string> =>
    serveTcp((socket) => socket.once("data", () => socket.end(head)));
  const cases: readonly [string, string, () => Promise<string>, object][] = [
    ["a dead port", "connect", deadOrigin, {}],
    ["an unknown host", "dns", async () => "http://nosuchhost.invalid", {}],
    [
      "a certificate that is not trusted",
      "tls",
      () => serveHttps((_request, response) => response.end()),
      {},
    ],
    [
      "a server that does not speak TLS",
      "tls",
      async () => (await serveTcp((socket) => socket.end("hello\n"))).replace("http:", "https:"),
      {},
    ],
    [
      "a TLS handshake that never ends",
      "timeout_connect",
      async () => (await serveTcp(() => undefined)).replace("http:", "https:"),
      { timeouts: { ...soon, connectMs: 60 } },
    ],
    ["no reply in time", "timeout_headers", nothing, { timeouts: soon }],
    [
      "a connection reset",
      "reset",
      () => serveTcp((socket) => socket.once("data", () => socket.resetAndDestroy())),
      {},
    ],
    ["a connection closed", "reset", raw(""), {}],
    ["half a reply head", "reset", raw("HTTP/1.1 200 OK\r\nContent-"), {}],
    ["a reply that is not HTTP", "protocol", raw("SSH-2.0-x\r\n\r\n"), {}],
    [
      "a reply head without end",
      "protocol",
      raw(`HTTP/1.1 200 OK\r\nX: ${"x".repeat(100_000)}\r\n\r\n`),
      {},
    ],
    ["a header that cannot be sent", "invalid_request", nothing, { headers: ["x-one", "a\nb"] }],
    ["a path that cannot be sent", "invalid_request", nothing, { path: "/a b" }],
    ["an origin that is none", "invalid_request", async () => "localhost", {}],
    ...[301, 302, 303, 307, 308].map((status): [string, string, () => Promise<string>, object] => [
      `a redirect ${status}`,
      "redirect",
      () =>
        serveHttp((_request, response) =>
          response.writeHead(status, { location: "/y" }).end("moved"),
        ),
      {},
    ]),
  ];
  for (const [title, kind, serve, more] of cases) {
    test(`${title} is ${kind}`, async () => {
      const origin = await serve();
      const failure = await failureOf(openUpstream().request(post(origin, more)));
      expect(failure).toMatchObject({ name: "UpstreamError", kind });
      // Callers read it: the address is the operator's to know.
      expect(failure.message).not.toContain(URL.parse(origin)?.host ?? "//");
      if (failure instanceof UpstreamError && failure.detail !== undefined)
        expect(failure.detail).toContain(origin);
    });
  }

  test("a request that cannot be sent takes no connection from others", async () => {
    const origin = await serveHttp((_request, response) => response.end("ok"));
    const upstream = openUpstream({ connections: 2 });
    for (const broken of [
      { path: "/a b" },
      { path: "/é中" },
      { headers: ["x", "a\nb"] },
      { headers: ["a b", "c"] },
    ]) {
      expect(await failureOf(upstream.request(post(origin, broken)))).toMatchObject({
        kind: "invalid_request",
      });
    }
    expect(text(await (await upstream.request(post(origin))).body.bytes())).toBe("ok");
  });

  test("a redirect is not followed", async () => {
    const paths: (string | undefined)[] = [];
    const origin = await serveHttp((request, response) => {
      paths.push(request.url);
      response.writeHead(302, { location: "/y" }).end();
    });
    await failureOf(openUpstream().request(post(origin, { path: "/x" })));
    expect(paths).toEqual(["/x"]);
  });
});

describe("a call whose body fails", () => {
  const head = "HTTP/1.1 200 OK\r\n";
  const raw =
    (reply: string, finish: "end" | "resetAndDestroy" = "end") =>
    () =>
      serveTcp((socket) => socket.once("data", () => socket.write(reply, () => socket[finish]())));
  const cases: readonly [string, string, () => Promise<string>][] = [
    ["cut short of its content length", "cut", raw(`${head}Content-Length: 10\r\n\r\nhello`)],
    ["cut between chunks", "cut", raw(`${head}Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n`)],
    [
      "cut between chunks on a connection that was to close",
      "cut",
      raw(`${head}Connection: close\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n`),
    ],
    ["cut within a chunk", "cut", raw(`${head}Transfer-Encoding: chunked\r\n\r\n9\r\nhello`)],
    [
      "whose chunk sizes are nonsense",
      "protocol",
      raw(`${head}Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\nzz\r\n`),
    ],
    [
      "that stops for too long",
      "timeout_idle",
      () => serveHttp((_request, response) => void response.write("hello")),
    ],
  ];
  for (const [title, kind, serve] of cases) {
    test(`a stream ${title} gives what came and then ${kind}`, async () => {
      const reply = await openUpstream().request(post(await serve(), { timeouts: soon }));
      expect(await drain(reply.body.chunks())).toMatchObject({
        text: "hello",
        failure: { name: "UpstreamError", kind },
      });
    });
    test(`a body ${title} is ${kind}`, async () => {
      const reply = await openUpstream().request(post(await serve(), { timeouts: soon }));
      expect(await failureOf(reply.body.bytes())).toMatchObject({ kind });
    });
  }

  test("a connection reset within the body is cut", async () => {
    const serve = raw(`${head}Content-Length: 10\r\n\r\nhello`, "resetAndDestroy");
    const reply = await openUpstream().request(post(await serve()));
    expect((await drain(reply.body.chunks())).failure).toMatchObject({ kind: "cut" });
  });

  test("an announced size over the bound is too_large before the body comes", async () => {
    const origin = await serveHttp((_request, response) =>
      response.writeHead(200, { "content-length": "9" }).flushHeaders(),
    );
    const reply = await openUpstream().request(post(origin));
    expect(await failureOf(reply.body.bytes(8))).toMatchObject({ kind: "too_large" });
  });

  const tooLarge: readonly [string, Record<string, string>][] = [
    ["that announces its size", { "content-length": `${100 * 1024 * 1024}` }],
    ["that does not", {}],
  ];
  for (const [title, headers] of tooLarge) {
    test(`100 MB ${title} is too_large, and the upstream is cut off`, async () => {
      const gone = Promise.withResolvers<void>();
      const block = Buffer.alloc(1024 * 1024);
      let written = 0;
      const origin = await serveHttp(async (_request, response) => {
        response.on("close", gone.resolve).writeHead(200, headers);
        for (; written < 100 && !response.destroyed; written += 1) {
          if (!response.write(block)) await Promise.race([once(response, "drain"), gone.promise]);
        }
      });
      const reply = await openUpstream().request(post(origin));
      expect(await failureOf(reply.body.bytes(1024 * 1024))).toMatchObject({ kind: "too_large" });
      await gone.promise;
      expect(written).toBeLessThan(50);
    });
  }

  test("a body of exactly the bound is given", async () => {
    const origin = await serveHttp((_request, response) => response.end("12345678"));
    const reply = await openUpstream().request(post(origin));
    expect(text(await reply.body.bytes(8))).toBe("12345678");
  });
});

describe("close and destroy", () => {
  test("close lets a running call finish and refuses new ones", async () => {
    let reply: ServerResponse | undefined;
    const origin = await serveHttp((_request, response) => {
      reply = response;
      response.write("one ");
    });
    const upstream = openUpstream();
    const running = await upstream.request(post(origin));
    const closing = upstream.close();
    expect(await failureOf(upstream.request(post(origin)))).toMatchObject({ kind: "closed" });
    reply?.end("two");
    expect(text(await running.body.bytes())).toBe("one two");
    await closing;
  });

  test("destroy fails running calls as closed", async () => {
    const origin = await serveHttp((_request, response) => void response.write("one"));
    const upstream = openUpstream();
    const running = await upstream.request(post(origin));
    const read = failureOf(running.body.bytes());
    await upstream.destroy();
    expect(await read).toMatchObject({ kind: "closed" });
  });
});

async function readAll(request: IncomingMessage): Promise<string> {
  const pieces: Buffer[] = [];
  for await (const piece of request) pieces.push(piece);
  return Buffer.concat(pieces).toString();
}
