import { once } from "node:events";
import { request as httpRequest } from "node:http";
import { connect as connectH2, constants } from "node:http2";
import { connect as connectTcp } from "node:net";
import { Readable } from "node:stream";
import { Agent, request } from "undici";
import { describe, expect, onTestFinished, test } from "vitest";
import { BodyTooLargeError, ClientGoneError } from "../../src/edge/http/http-error.ts";
import { within } from "../within.ts";
import { echo, openRaw, signalOnce, startServer } from "./start-server.ts";

interface H2Reply {
  readonly status: number;
  readonly headers: Record<string, unknown>;
  readonly body: string;
}

async function callH2(
  url: string,
  headers: Record<string, string>,
  body?: string,
): Promise<H2Reply> {
  const session = connectH2(url);
  try {
    const stream = session.request(headers);
    stream.end(body);
    const [reply] = await once(stream, "response");
    let text = "";
    for await (const chunk of stream.setEncoding("utf8")) text += chunk;
    return { status: reply[":status"], headers: reply, body: text };
  } finally {
    session.destroy();
  }
}

describe("one port", () => {
  test("answers HTTP/1.1 and HTTP/2 with prior knowledge side by side", async () => {
    const { url } = await startServer();
    const h1 = await request(`${url}/a/b?c=1`, { method: "POST", body: "hello" });
    const h2 = await callH2(url, { ":method": "POST", ":path": "/a/b?c=1" }, "hello");
    const expected = { method: "POST", path: "/a/b", query: "c=1", body: "hello" };
    expect(await h1.body.json()).toEqual({ protocol: "h1", ...expected });
    expect(JSON.parse(h2.body)).toEqual({ protocol: "h2", ...expected });
  });

  test("recognises an HTTP/2 preface that arrives byte by byte", async () => {
    const { port } = await startServer();
    const tap = connectTcp({ port, host: "127.0.0.1", noDelay: true });
    onTestFinished(() => void tap.destroy());
    await once(tap, "connect");
    const frames: Buffer[] = [];
    const settings = signalOnce();
    tap.on("data", (chunk) => {
      frames.push(chunk);
      if (Buffer.concat(frames).length >= 9) settings.fire();
    });
    const bytes = Buffer.concat([
      Buffer.from("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"),
      Buffer.from([0, 0, 0, constants.NGHTTP2_FLAG_NONE + 4, 0, 0, 0, 0, 0]),
    ]);
    for (const byte of bytes)
      await new Promise<void>((done) => void tap.write(Buffer.from([byte]), () => done()));
    await settings.promise;
    expect(Buffer.concat(frames)[3], "the first frame is SETTINGS").toBe(4);
  });

  test("recognises an HTTP/1.1 request that arrives byte by byte, even one that begins as the preface does", async () => {
    const { port } = await startServer();
    const raw = openRaw(port);
    for (const byte of Buffer.from(
      "PROPFIND /x HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n",
    )) {
      await new Promise<void>((done) => void raw.socket.write(Buffer.from([byte]), () => done()));
    }
    expect(await raw.closed).toContain('"method":"PROPFIND","path":"/x"');
  });

  test("answers pipelined requests in order", async () => {
    const { port } = await startServer();
    const raw = openRaw(port);
    const post = (body: string) =>
      `POST /p HTTP/1.1\r\nhost: a\r\ncontent-length: ${body.length}\r\n\r\n${body}`;
    raw.socket.write(
      `${post("one")}${post("two!")}GET /last HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n`,
    );
    const bodies = [...(await raw.closed).matchAll(/"body":"(.*?)"/g)].map((match) => match[1]);
    expect(bodies).toEqual(["one", "two!", ""]);
  });

  test("serves two thousand requests on one connection", async () => {
    const { url, server } = await startServer();
    const dispatcher = new Agent({ connections: 1 });
    onTestFinished(() => dispatcher.close());
    for (let index = 0; index < 2000; index++) {
      const reply = await request(`${url}/${index}`, { method: "POST", body: "x", dispatcher });
      expect(reply.statusCode).toBe(200);
      await reply.body.dump();
    }
    expect([server.connections, server.active]).toEqual([1, 0]);
  });

  for (const [target, path, query] of [
    ["/a%20b?x=%2F&y", "/a%20b", "x=%2F&y"],
    ["http://h.example/p?q", "/p", "q"],
    ["http://h.example?q", "/", "q"],
    ["http://h.example", "/", ""],
    ["/?", "/", ""],
  ] as const) {
    test(`splits the request target ${target}`, async () => {
      const { port } = await startServer();
      const raw = openRaw(port);
      raw.socket.write(`GET ${target} HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n`);
      expect(await raw.closed).toContain(`"path":"${path}","query":"${query}"`);
    });
  }

  for (const protocol of ["h1", "h2"] as const) {
    test(`answers HEAD with the length and without the body over ${protocol}`, async () => {
      const { url } = await startServer({
        handler: (exchange) => exchange.respond(200, [], "12345"),
      });
      const reply =
        protocol === "h1"
          ? await request(url, { method: "HEAD" }).then(async ({ headers, body }) => ({
              headers,
              body: await body.text(),
            }))
          : await callH2(url, { ":method": "HEAD", ":path": "/" });
      expect([reply.headers["content-length"], reply.body]).toEqual(["5", ""]);
    });
  }

  test("sends the interim 100 only when the body is wanted", async () => {
    const { port } = await startServer();
    const raw = openRaw(port);
    raw.socket.write(
      "POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 2\r\nexpect: 100-continue\r\nconnection: close\r\n\r\n",
    );
    await raw.received("100 Continue");
    raw.socket.write("ok");
    expect(await raw.closed).toContain('"body":"ok"');
  });
});

describe("limits", () => {
  const limits = { maxBodyBytes: 1000, maxHeaderBytes: 4096 };
  const tooLarge = "x".repeat(1001);

  for (const [title, body] of [
    ["with a declared length", () => tooLarge],
    ["sent in chunks", () => Readable.from([tooLarge.slice(0, 600), tooLarge.slice(600)])],
  ] as const) {
    test(`answers 413 to a body ${title} over HTTP/1.1 and keeps the connection usable`, async () => {
      const { url, server } = await startServer({ limits });
      const dispatcher = new Agent({ connections: 1 });
      onTestFinished(() => dispatcher.close());
      const reply = await request(url, { method: "POST", body: body(), dispatcher });
      expect([reply.statusCode, await reply.body.json()]).toEqual([
        413,
        {
          error: expect.objectContaining({ code: "body_too_large", type: "invalid_request_error" }),
        },
      ]);
      const next = await request(url, { method: "POST", body: "ok", dispatcher });
      expect([next.statusCode, server.connections]).toEqual([200, 1]);
      await next.body.dump();
    });
  }

  test("does not ask for a body that is declared too large", async () => {
    const { port } = await startServer({ limits });
    const raw = openRaw(port);
    raw.socket.write(
      "POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 5000\r\nexpect: 100-continue\r\n\r\n",
    );
    const reply = await raw.closed;
    expect(reply).toMatch(/^HTTP\/1.1 413 /);
    expect(reply).not.toContain("100 Continue");
  });

  test("cuts a client that goes on sending far past the limit", async () => {
    const { port } = await startServer({ limits });
    const raw = openRaw(port);
    raw.socket.write("POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 50000\r\n\r\n");
    await raw.received("413");
    raw.socket.write("x".repeat(20_000));
    expect(await raw.closed).toMatch(/^HTTP\/1.1 413 /);
  });

  for (const [title, length] of [
    ["declared", "1001"],
    ["undeclared", undefined],
  ] as const) {
    test(`answers 413 to a body of ${title} length over HTTP/2`, async () => {
      const { url } = await startServer({ limits });
      const headers = {
        ":method": "POST",
        ":path": "/",
        ...(length === undefined ? {} : { "content-length": length }),
      };
      expect((await callH2(url, headers, tooLarge)).status).toBe(413);
    });
  }

  test("gives handlers a typed error with both sizes", async () => {
    const seen = signalOnce<unknown>();
    const { url } = await startServer({
      handler: (exchange) => exchange.readBody(10).then(() => undefined),
      onError: (exchange, error) => {
        seen.fire(error);
        exchange.respond(418, [], "");
      },
    });
    const reply = await request(url, { method: "POST", body: "x".repeat(11) });
    expect(reply.statusCode).toBe(418);
    expect(await seen.promise).toEqual(new BodyTooLargeError(10, 11));
  });

  test("answers 500 where onError takes note only", async () => {
    const seen: unknown[] = [];
    const failure = new Error("broken");
    const { url } = await startServer({
      handler: () => Promise.reject(failure),
      onError: (_exchange, error) => void seen.push(error),
    });
    const reply = await request(url, { method: "POST", body: "x" });
    expect(reply.statusCode).toBe(500);
    expect(await reply.body.json()).toMatchObject({ error: { code: "internal_error" } });
    expect(seen).toEqual([failure]);
  });

  for (const [title, bytes, status, code] of [
    [
      "headers above the limit",
      `GET / HTTP/1.1\r\nhost: a\r\nx-long: ${"y".repeat(5000)}\r\n\r\n`,
      431,
      "headers_too_large",
    ],
    ["bytes that are no HTTP", "\0\0\0garbage\r\n\r\n", 400, "bad_request"],
    ["a request without a host", "GET / HTTP/1.1\r\n\r\n", 400, "host_missing"],
    ["headers that never end", "GET / HTTP/1.1\r\nhost: a\r\n", 408, "request_timeout"],
    [
      "a body that never ends",
      "POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 9\r\n\r\nx",
      408,
      "request_timeout",
    ],
  ] as const) {
    test(`answers ${status} to ${title} and closes`, async () => {
      const { port } = await startServer({
        limits: { ...limits, headersTimeoutMs: 100, requestTimeoutMs: 200 },
      });
      const raw = openRaw(port);
      raw.socket.write(bytes);
      const reply = await raw.closed;
      expect(reply).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
      if (code !== undefined)
        expect(JSON.parse(reply.split("\r\n\r\n")[1] ?? "").error.code).toBe(code);
    });
  }

  test("cuts a connection that never says anything", async () => {
    const { port } = await startServer({ limits: { headersTimeoutMs: 50 } });
    expect(await openRaw(port).closed).toBe("");
  });

  test("answers 408 to an HTTP/2 body that never ends", async () => {
    const { url } = await startServer({ limits: { requestTimeoutMs: 50 } });
    const session = connectH2(url);
    onTestFinished(() => session.destroy());
    const stream = session.request({ ":method": "POST", ":path": "/" });
    const [headers] = await once(stream, "response");
    expect(headers[":status"]).toBe(408);
  });

  for (const protocol of ["h1", "h2"] as const) {
    test(`closes an idle ${protocol} connection, but not one with a quiet call`, async () => {
      const release = signalOnce();
      const { url, server } = await startServer({
        limits: { idleTimeoutMs: 50 },
        handler: async (exchange) => {
          if (exchange.path === "/slow") await release.promise;
          exchange.respond(200, [], "done");
        },
      });
      if (protocol === "h2") {
        const session = connectH2(url);
        const quiet = session.request({ ":path": "/slow" });
        const idle = connectH2(url);
        await once(idle, "close");
        release.fire();
        const [headers] = await once(quiet, "response");
        expect(headers[":status"]).toBe(200);
        quiet.resume();
        await once(session, "close");
      } else {
        const port = Number(new URL(url).port);
        const quiet = openRaw(port);
        quiet.socket.write("GET /slow HTTP/1.1\r\nhost: a\r\n\r\n");
        const idle = openRaw(port);
        idle.socket.write("GET / HTTP/1.1\r\nhost: a\r\n\r\n");
        await idle.closed;
        release.fire();
        expect(await quiet.closed).toContain("done");
      }
      expect(server.active).toBe(0);
    });
  }

  test("closes connections above the limit on arrival", async () => {
    const { port, url } = await startServer({ limits: { maxConnections: 1 } });
    const first = openRaw(port);
    first.socket.write("GET / HTTP/1.1\r\nhost: a\r\n\r\n");
    await first.received("200 OK");
    await expect(request(url)).rejects.toThrow();
  });

  test("announces the limit of concurrent streams", async () => {
    const { url } = await startServer({ limits: { maxConcurrentStreams: 7 } });
    const session = connectH2(url);
    onTestFinished(() => session.destroy());
    const [settings] = await once(session, "remoteSettings");
    expect(settings.maxConcurrentStreams).toBe(7);
  });
});

describe("failures", () => {
  for (const [title, handler] of [
    [
      "throws",
      () => {
        throw new Error("boom");
      },
    ],
    ["rejects", () => Promise.reject(new Error("boom"))],
  ] as const) {
    test(`answers 500 without details when the handler ${title}`, async () => {
      const { url } = await startServer({ handler });
      const reply = await request(url);
      const body = await reply.body.text();
      expect([reply.statusCode, JSON.parse(body).error.code]).toEqual([500, "internal_error"]);
      expect(body).not.toContain("boom");
    });
  }

  test("cuts a reply whose handler fails after the head, in both protocols", async () => {
    const { url } = await startServer({
      handler: async (exchange) => {
        exchange.startStream(200, []).write("part");
        await Promise.reject(new Error("boom"));
      },
    });
    await expect(request(url).then(({ body }) => body.text())).rejects.toThrow();
    await expect(callH2(url, { ":path": "/" })).rejects.toThrow("NGHTTP2_INTERNAL_ERROR");
  });

  test("tells the handler within 100 ms that the client has gone, in both protocols", async () => {
    for (const protocol of ["h1", "h2"] as const) {
      const begun = signalOnce();
      const gone = signalOnce();
      const { url, server } = await startServer({
        handler: (exchange) => {
          const signal = exchange.signal();
          exchange.onClose(() => gone.fire());
          exchange.startStream(200, []).write("part");
          signal.addEventListener("abort", () =>
            expect(signal.reason).toBeInstanceOf(ClientGoneError),
          );
          begun.fire();
        },
      });
      const cut = protocol === "h1" ? openH1(url) : openH2(url);
      await begun.promise;
      cut();
      await within(100, gone.promise);
      expect(server.active, protocol).toBe(0);
    }
  });

  test("rejects the read of a body whose client leaves", async () => {
    const seen = signalOnce<unknown>();
    const { port } = await startServer({
      handler: echo,
      onError: (_exchange, error) => seen.fire(error),
    });
    const raw = openRaw(port);
    raw.socket.write("POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 9\r\n\r\nx", () =>
      raw.socket.destroy(),
    );
    expect(await seen.promise).toBeInstanceOf(ClientGoneError);
  });

  test("waits for a slow reader, and sees it leave", async () => {
    for (const protocol of ["h1", "h2"] as const) {
      const waiting = signalOnce();
      const done = signalOnce<boolean>();
      const { url } = await startServer({
        handler: async (exchange) => {
          const stream = exchange.startStream(200, []);
          const chunk = Buffer.alloc(64 * 1024);
          while (!exchange.closed) {
            const full = stream.write(chunk);
            if (full !== undefined) waiting.fire();
            await full;
          }
          done.fire(true);
        },
      });
      const cut = protocol === "h1" ? openH1(url) : openH2(url);
      await waiting.promise;
      cut();
      expect(await done.promise).toBe(true);
    }
  });
});

/** Opens a call whose reply is never read, and returns what cuts its connection. */
function openH1(url: string): () => void {
  const call = httpRequest(url);
  call.on("error", () => undefined);
  call.end();
  return () => call.destroy();
}

function openH2(url: string): () => void {
  const session = connectH2(url);
  session.on("error", () => undefined);
  const stream = session.request({ ":path": "/" });
  stream.on("error", () => undefined);
  onTestFinished(() => session.destroy());
  return () => stream.close(constants.NGHTTP2_CANCEL);
}
