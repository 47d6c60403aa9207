import type { IncomingMessage, ServerResponse } from "node:http";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { UpstreamRequest, UpstreamSend } from "../../src/upstream/client.ts";
import type { UpstreamError } from "../../src/upstream/upstream-error.ts";
import { createFakeClock } from "../fake-clock.ts";
import {
  deadOrigin,
  drain,
  failureOf,
  openUpstream,
  post,
  serveHttp,
  serveTcp,
} from "./servers.ts";

const bounds = { total: 4, perKey: 2 };

/** A vendor that answers a request only when the test says so. */
async function silentVendor() {
  const asked: { readonly path: string; readonly response: ServerResponse }[] = [];
  const waiting: (() => void)[] = [];
  const origin = await serveHttp((request: IncomingMessage, response: ServerResponse) => {
    request.resume();
    asked.push({ path: request.url ?? "", response });
    for (const wake of waiting.splice(0)) wake();
  });
  /** Resolves when so many requests have come. */
  const came = async (count: number): Promise<readonly string[]> => {
    while (asked.length < count) await new Promise<void>((resolve) => waiting.push(resolve));
    return asked.map(({ path }) => path);
  };
  const answer = (at: number): void => void asked[at]?.response.end("ok");
  return { origin, asked, came, answer };
}

const textOf = async (reply: ReturnType<UpstreamSend["request"]>): Promise<string> =>
  Buffer.from(await (await reply).body.bytes()).toString();

describe("the connections to a provider", () => {
  test("are not taken by one key, however many calls it makes", async () => {
    const { origin, came, answer } = await silentVendor();
    const provider = openUpstream({ clock: createFakeClock() }).forProvider("p", bounds);
    const stuck = Array.from({ length: 50 }, (_, at) =>
      provider
        .request(post(origin, { key: "a", path: `/a${at}` }))
        .catch((error: UpstreamError) => error.kind),
    );
    const other = provider.request(post(origin, { key: "b", path: "/b" }));
    expect(await came(3)).toEqual(["/a0", "/a1", "/b"]);
    answer(2);
    expect(await textOf(other)).toBe("ok");
    expect(stuck).toHaveLength(50);
  });

  test("are no other provider's, at the same origin too", async () => {
    const { origin, came, answer } = await silentVendor();
    const upstream = openUpstream({ clock: createFakeClock() });
    const one = upstream.forProvider("one", { total: 1, perKey: 1 });
    const other = upstream.forProvider("other", { total: 1, perKey: 1 });
    one.request(post(origin, { path: "/1" })).catch(() => undefined);
    one.request(post(origin, { path: "/2" })).catch(() => undefined);
    const reply = other.request(post(origin, { path: "/3" }));
    expect(await came(2)).toEqual(["/1", "/3"]);
    answer(1);
    expect(await textOf(reply)).toBe("ok");
  });

  test("are waited for until the connect timeout, and go to keys in turn when they come back", async () => {
    const time = createFakeClock();
    const { origin, came, answer } = await silentVendor();
    const provider = openUpstream({ clock: time }).forProvider("p", { total: 1, perKey: 1 });
    const ask = (key: string, path: string, connectMs: number) =>
      provider.request(
        post(origin, { key, path, timeouts: { connectMs, firstTokenMs: 0, idleMs: 0 } }),
      );
    const first = ask("a", "/a1", 5000);
    const [again, other] = [ask("a", "/a2", 5000), ask("b", "/b1", 5000)];
    const late = failureOf(ask("a", "/late", 1000));
    await came(1);
    time.advance(1000);
    expect(await late).toMatchObject({
      kind: "busy",
      message: expect.stringContaining("all 1 connections are busy"),
    });
    answer(0);
    await came(2);
    answer(1);
    expect(await came(3)).toEqual(["/a1", "/b1", "/a2"]);
    answer(2);
    expect(await Promise.all([first, again, other].map(textOf))).toEqual(["ok", "ok", "ok"]);
    expect(time.waiting()).toBe(0);
  });

  test("say which share is busy", async () => {
    const time = createFakeClock();
    const { origin, came } = await silentVendor();
    const provider = openUpstream({ clock: time }).forProvider("p", bounds);
    const calls = Array.from({ length: 3 }, () =>
      failureOf(provider.request(post(origin, { key: "a" }))),
    );
    await came(2);
    time.advance(10_000);
    expect(await calls[2]).toMatchObject({
      kind: "busy",
      message: expect.stringContaining("all 2 of 4 connections"),
    });
  });

  test("are not kept by a connection that does not come, beyond its own bound", async () => {
    const origin = (await serveTcp(() => undefined)).replace("http:", "https:");
    const provider = openUpstream().forProvider("p", { total: 1, perKey: 1 });
    const timeouts = { connectMs: 60, firstTokenMs: 0, idleMs: 0 };
    expect(await failureOf(provider.request(post(origin, { timeouts })))).toMatchObject({
      kind: "timeout_connect",
    });
    const { origin: alive, came, answer } = await silentVendor();
    const next = provider.request(post(alive));
    await came(1);
    answer(0);
    expect(await textOf(next)).toBe("ok");
  });

  test("that are waited for are not when the caller leaves, nor after the end of all", async () => {
    const { origin, came, answer, asked } = await silentVendor();
    const upstream = openUpstream({ clock: createFakeClock() });
    const provider = upstream.forProvider("p", { total: 1, perKey: 1 });
    const running = provider.request(post(origin));
    const abort = new AbortController();
    const left = failureOf(provider.request(post(origin, { signal: abort.signal })));
    abort.abort();
    expect(await left).toMatchObject({ kind: "aborted" });
    const waits = provider.request(post(origin, { path: "/waits" }));
    await came(1);
    const closing = upstream.close();
    expect(await failureOf(provider.request(post(origin)))).toMatchObject({ kind: "closed" });
    answer(0);
    expect(await textOf(running)).toBe("ok");
    await came(2);
    answer(1);
    expect(await textOf(waits)).toBe("ok");
    await closing;
    expect(asked).toHaveLength(2);
  });

  test("that are waited for end with all when all is destroyed", async () => {
    const { origin, came } = await silentVendor();
    const upstream = openUpstream({ clock: createFakeClock() });
    const provider = upstream.forProvider("p", { total: 1, perKey: 1 });
    const calls = [
      failureOf(provider.request(post(origin))),
      failureOf(provider.request(post(origin))),
    ];
    await came(1);
    await upstream.destroy();
    expect((await Promise.all(calls)).map(({ kind }) => kind)).toEqual(["closed", "closed"]);
  });
});

/** How a call may end, by its path; the end of the world is the vendor's or the caller's. */
const ends: Readonly<Record<string, (response: ServerResponse) => void>> = {
  "/whole": (response) => response.end("ok"),
  "/error": (response) => response.writeHead(500).end("no"),
  "/redirect": (response) => response.writeHead(302, { location: "/x" }).end("moved"),
  "/dies": (response) => response.destroy(),
  "/dies-within": (response) => response.write("half", () => response.destroy()),
  "/short": (response) =>
    response.writeHead(200, { "content-length": "9" }).write("half", () => response.destroy()),
  "/not-http": (response) => response.socket?.end("SSH-2.0-x\r\n\r\n"),
  "/bad-gzip": (response) => response.writeHead(200, { "content-encoding": "gzip" }).end("no gzip"),
  "/silent": () => undefined,
  "/stalls": (response) => void response.write("half"),
  "/upgrade": (response) => response.writeHead(101, { connection: "upgrade", upgrade: "x" }).end(),
};

type Reader = "bytes" | "chunks" | "reported" | "cancel" | "leave" | "abort" | "abort-later";

/** Makes a call and has it end; whatever comes of it. */
async function endOf(
  provider: UpstreamSend,
  request: UpstreamRequest,
  reader: Reader,
): Promise<void> {
  const abort = new AbortController();
  const reply = provider.request({ ...request, signal: abort.signal });
  if (reader === "abort") abort.abort();
  try {
    const { body } = await reply;
    if (reader === "abort-later") abort.abort();
    if (reader === "bytes") await body.bytes(3);
    else if (reader === "cancel") body.cancel();
    else if (reader === "leave") for await (const _ of body.chunks()) break;
    else await drain(body.chunks(reader === "reported" ? "reported" : undefined));
  } catch {
    // Failures are half of what is tried here.
  }
}

describe("a connection is free again", () => {
  const readers: readonly Reader[] = [
    "bytes",
    "chunks",
    "reported",
    "cancel",
    "leave",
    "abort",
    "abort-later",
  ];
  const timeouts = { connectMs: 10_000, firstTokenMs: 40, idleMs: 40 };
  const vendor = () =>
    serveHttp((request, response) => {
      request.resume();
      response.on("error", () => undefined);
      ends[request.url ?? ""]?.(response);
    });

  for (const path of Object.keys(ends)) {
    test(`after ${path.slice(1)}, whoever reads`, async () => {
      const origin = await vendor();
      const provider = openUpstream().forProvider("p", { total: 1, perKey: 1 });
      for (const reader of readers) await endOf(provider, post(origin, { path, timeouts }), reader);
      expect(await textOf(provider.request(post(origin, { path: "/whole" })))).toBe("ok");
    });
  }

  test("after a refused connection, and a request that HTTP cannot carry", async () => {
    const [origin, dead] = [await vendor(), await deadOrigin()];
    const provider = openUpstream().forProvider("p", { total: 1, perKey: 1 });
    expect(await failureOf(provider.request(post(dead)))).toMatchObject({ kind: "connect" });
    expect(await failureOf(provider.request(post(origin, { path: "/a b" })))).toMatchObject({
      kind: "invalid_request",
    });
    expect(await failureOf(provider.request(post("localhost")))).toMatchObject({
      kind: "invalid_request",
    });
    expect(await textOf(provider.request(post(origin, { path: "/whole" })))).toBe("ok");
  });

  test("after a storm, all of them", async () => {
    const origin = await vendor();
    const silent = await silentVendor();
    const call = fc.record({
      path: fc.constantFrom(...Object.keys(ends)),
      reader: fc.constantFrom(...readers),
      key: fc.constantFrom("a", "b", "c"),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(call, { minLength: 20, maxLength: 60 }), async (calls) => {
        const provider = openUpstream().forProvider("p", bounds);
        await Promise.all(
          calls.map(({ path, reader, key }) =>
            endOf(provider, post(origin, { path, key, timeouts }), reader),
          ),
        );
        const before = silent.asked.length;
        const held = ["a", "a", "b", "b"].map((key) =>
          textOf(provider.request(post(silent.origin, { key }))),
        );
        await silent.came(before + 4);
        for (let at = before; at < before + 4; at += 1) silent.answer(at);
        expect(await Promise.all(held)).toEqual(["ok", "ok", "ok", "ok"]);
      }),
      { numRuns: 8 },
    );
  });
});
